import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { LEAF_SIZE } from '@nacre/contracts/artifact';

import { changedFile } from './file-slice.js';

/** What a file's bytes are. */
export interface FileDigests {
  /** sha256 of the whole file, hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** sha256 of each 64 MiB leaf in order; empty for an empty file. */
  readonly leaves: readonly string[];
}

/** Reading in pieces of 4 MiB doubles the speed of 64 KiB: 1.2 GB/s instead of 0.6 on one core. */
const PIECE = 4 * 1024 * 1024;

/**
 * Hashes a file, whole and by leaf, in one pass: a leaf on another thread, while the next one is read.
 *
 * @throws ContractViolation when the file gets shorter meanwhile; the file system's error when it cannot be read
 */
export async function hashFile(file: string, signal: AbortSignal | undefined): Promise<FileDigests> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const whole = createHash('sha256');
    const leaves: Promise<string>[] = [];
    for (let first = 0; first < size; first += LEAF_SIZE) {
      const leaf = Buffer.allocUnsafeSlow(Math.min(LEAF_SIZE, size - first));
      for (let filled = 0; filled < leaf.length;) {
        signal?.throwIfAborted();
        const wanted = Math.min(PIECE, leaf.length - filled);
        const { bytesRead } = await handle.read(leaf, filled, wanted, first + filled);
        if (bytesRead === 0) throw changedFile(file);
        whole.update(leaf.subarray(filled, filled + bytesRead));
        filled += bytesRead;
      }
      // The only leaf of a small file is the whole, and no more than two of a large one are in memory.
      if (size > LEAF_SIZE) leaves.push(hashBytes(leaf));
      await leaves.at(-2);
    }
    const sha256 = whole.digest('hex');
    const only = size === 0 ? [] : [sha256];
    return { sha256, size, leaves: size > LEAF_SIZE ? await Promise.all(leaves) : only };
  } finally {
    await handle.close();
  }
}

/** sha256 of bytes that nobody changes meanwhile, hexadecimal, computed on another thread. */
async function hashBytes(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
}
