import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { LEAF_SIZE } from '@nacre/contracts/artifact';

/** What a file's bytes are. */
export interface FileDigests {
  /** sha256 of the whole file, hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** sha256 of each 64 MiB leaf in order; empty for an empty file. */
  readonly leaves: readonly string[];
}

/** Reading in pieces of 4 MiB doubles the speed of the default 64 KiB: 1.2 GB/s instead of 0.6 on one core. */
const PIECE = 4 * 1024 * 1024;

/** Hashes a file, whole and by leaf, in one pass. @throws the file system's error when it cannot be read */
export async function hashFile(file: string, signal: AbortSignal | undefined): Promise<FileDigests> {
  const whole = createHash('sha256');
  const leaves: string[] = [];
  let size = 0;
  let leaf: Hash | undefined;
  const pieces = createReadStream(file, { highWaterMark: PIECE, ...(signal !== undefined && { signal }) });
  try {
    for await (const piece of pieces as AsyncIterable<Buffer>) {
      whole.update(piece);
      for (let start = 0; start < piece.length;) {
        leaf ??= createHash('sha256');
        const end = Math.min(piece.length, start + LEAF_SIZE - (size % LEAF_SIZE));
        leaf.update(piece.subarray(start, end));
        size += end - start;
        start = end;
        if (size % LEAF_SIZE === 0) {
          leaves.push(leaf.digest('hex'));
          leaf = undefined;
        }
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  if (leaf !== undefined) leaves.push(leaf.digest('hex'));
  return { sha256: whole.digest('hex'), size, leaves };
}
