import { createHash } from 'node:crypto';
import { openSync, closeSync, writeFileSync, writeSync, ftruncateSync } from 'node:fs';
import { join } from 'node:path';
import { LEAF_SIZE } from '@nacre/contracts/artifact';
import { describe, expect, it } from 'vitest';

import { hashFile } from './hash-file.js';
import { temporaryFolder } from './testing/temporary-folder.js';

const sha256 = (...pieces: Buffer[]): string => {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
};

describe('hashing a file', () => {
  it('gives a small file one leaf, which is the whole', async () => {
    const file = join(temporaryFolder(), 'small');
    writeFileSync(file, 'weights');
    const digest = sha256(Buffer.from('weights'));
    expect(await hashFile(file, undefined)).toEqual({ sha256: digest, size: 7, leaves: [digest] });
  });

  it('gives an empty file no leaf', async () => {
    const file = join(temporaryFolder(), 'empty');
    writeFileSync(file, '');
    expect(await hashFile(file, undefined)).toEqual({ sha256: sha256(Buffer.alloc(0)), size: 0, leaves: [] });
  });

  it('cuts a large file at every 64 MiB exactly', async () => {
    const file = join(temporaryFolder(), 'large');
    // Sparse: zeros, and one byte behind the first leaf.
    const handle = openSync(file, 'w');
    ftruncateSync(handle, LEAF_SIZE);
    writeSync(handle, '!', LEAF_SIZE);
    closeSync(handle);
    const first = Buffer.alloc(LEAF_SIZE);
    const last = Buffer.from('!');
    expect(await hashFile(file, undefined)).toEqual({
      sha256: sha256(first, last),
      size: LEAF_SIZE + 1,
      leaves: [sha256(first), sha256(last)],
    });
  });

  it('stops with the reason it is given', async () => {
    const file = join(temporaryFolder(), 'small');
    writeFileSync(file, 'weights');
    const reason = new Error('cancelled');
    await expect(hashFile(file, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
