import type { FileHandle } from 'node:fs/promises';

/**
 * sha256 of bytes first … first + length - 1 of an open file, hexadecimal; of what there is, when the file is shorter.
 * It is computed on another thread, so that requests go on meanwhile; the bytes are in memory for it.
 *
 * @throws the file system's error
 */
export async function hashRange(file: FileHandle, first: number, length: number): Promise<string> {
  const bytes = Buffer.allocUnsafeSlow(length);
  return hashBytes(bytes.subarray(0, await readFully(file, bytes, first)));
}

/** sha256 of bytes that nobody changes meanwhile, hexadecimal, computed on another thread. */
export async function hashBytes(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
}

/** Fills the bytes from that position of the file on; answers how many there were. */
async function readFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
