import { createReadStream, type ReadStream } from 'node:fs';
import { ContractViolation } from '@nacre/contracts/errors';

/** Larger than the 64 KiB default: the SDK's cost is per piece. */
const PIECE = 1024 * 1024;

/**
 * Sends bytes first … first + length - 1 of a local file. The file is opened afresh at each call, because a stream that
 * was sent, even in part, cannot be sent again; it is closed whether or not it was read to its end.
 *
 * @throws ContractViolation when the file is gone or shorter than that; whatever sending throws
 */
export async function sendSlice<T>(
  file: string,
  first: number,
  length: number,
  send: (body: ReadStream | Buffer) => Promise<T>,
): Promise<T> {
  if (length === 0) return send(Buffer.alloc(0));
  const body = createReadStream(file, { start: first, end: first + length - 1, highWaterMark: PIECE });
  // Without this a request whose body ends early would wait for the server's patience to end.
  const cutShort = new Promise<never>((_, reject) => {
    body.once('error', (cause) => {
      reject(changedFile(file, cause));
    });
    body.once('end', () => {
      if (body.bytesRead < length) reject(changedFile(file));
    });
  });
  try {
    return await Promise.race([send(body), cutShort]);
  } finally {
    body.destroy();
  }
}

/** The error for a file whose bytes are no longer those that were hashed. */
export function changedFile(file: string, cause?: unknown): ContractViolation {
  return new ContractViolation(
    `${file} changed while it was being published: a stage must have finished writing before it hands over its folder.`,
    {},
    { cause },
  );
}
