import { createReadStream, type ReadStream } from 'node:fs';

/** Bytes first … first + length - 1 of a local file, as the body of one request. */
export interface FileSlice {
  readonly body: ReadStream | Buffer;
  /** Closes the file, whether or not the body was read. */
  close(): void;
}

/** Larger than the 64 KiB default: the SDK's cost is per piece. */
const PIECE = 1024 * 1024;

/** Opens a slice afresh: a stream that was sent, even in part, cannot be sent again. */
export function openSlice(file: string, first: number, length: number): FileSlice {
  if (length === 0) return { body: Buffer.alloc(0), close: () => undefined };
  const body = createReadStream(file, { start: first, end: first + length - 1, highWaterMark: PIECE });
  return { body, close: () => body.destroy() };
}
