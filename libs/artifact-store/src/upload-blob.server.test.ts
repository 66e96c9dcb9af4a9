import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';

import { hashFile } from './hash-file.js';
import type { LocalBlob } from './local-blob.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { testStore } from './testing/test-store.js';
import { uploadBlob } from './upload-blob.js';

describe('a file that is not what was hashed', () => {
  it.each([
    ['has other bytes', (file: string) => writeFileSync(file, 'Weights')],
    ['is shorter', (file: string) => writeFileSync(file, 'wei')],
    ['is gone', (file: string) => rmSync(file)],
  ])('is refused at once when it %s', async (_, change) => {
    const blob = await hashed('weights');
    change(blob.file);
    const started = performance.now();
    await expect(uploadBlob(testStore(), blob, undefined)).rejects.toMatchObject({
      name: 'ContractViolation',
      message: expect.stringContaining(blob.file) as string,
    });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('is not taken for an object of another size that stands under its digest', async () => {
    const store = testStore();
    const blob = await hashed('weights');
    const { sha256 } = blob.digests;
    const key = `${store.prefix}/cas/sha256/${sha256.slice(0, 2)}/${sha256}`;
    await store.client.send(new PutObjectCommand({ Bucket: store.bucket, Key: key, Body: 'wei' }));
    await expect(uploadBlob(store, blob, undefined)).rejects.toMatchObject({
      name: 'CorruptArtifact',
      data: { key },
    });
  });
});

async function hashed(text: string): Promise<LocalBlob> {
  const file = join(temporaryFolder(), 'model.safetensors');
  writeFileSync(file, text);
  return { file, digests: await hashFile(file, undefined), mediaType: 'application/octet-stream' };
}
