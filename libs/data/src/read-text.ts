import { createReadStream } from 'node:fs';

import { dataFault } from './data-fault.js';
import type { Repairs } from './repairs.js';

/** So little that splitting it, even when it is commas alone, does not hold the event loop. */
const CHUNK_BYTES = 256 * 1024;

/** First bytes of files that are often taken for text, and what to do. */
const NO_TEXT: readonly (readonly [start: readonly number[], problem: string])[] = [
  [[0xff, 0xfe], 'UTF-16 text, as its byte order mark says; save the file as UTF-8'],
  [[0xfe, 0xff], 'UTF-16 text, as its byte order mark says; save the file as UTF-8'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file; write file_type: parquet'],
  [[0x1f, 0x8b], 'a file packed by gzip; unpack it'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive or a spreadsheet; unpack it, or save it as CSV in UTF-8'],
];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

export interface TextReading {
  readonly signal?: AbortSignal | undefined;
  /** Gets a note of a byte order mark. */
  readonly repairs?: Repairs | undefined;
}

/**
 * The text of a UTF-8 file in pieces, without its byte order mark.
 *
 * @throws InvalidData where the bytes are not UTF-8, with how many bytes were, and for a file that begins as UTF-16,
 * Parquet, gzip or zip.
 */
export async function* readText(
  file: string,
  source: string,
  { signal, repairs }: TextReading = {},
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  const decode = (chunk?: Buffer): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw dataFault({ source }, `not UTF-8 text (after byte ${bytes}); save the file as UTF-8`);
    }
  };
  for await (const chunk of createReadStream(file, {
    highWaterMark: CHUNK_BYTES,
    signal,
  }) as AsyncIterable<Buffer>) {
    if (bytes === 0) {
      const problem = NO_TEXT.find(([start]) => begins(chunk, start))?.[1];
      if (problem !== undefined) throw dataFault({ source }, `not UTF-8 text, but ${problem}`);
      if (begins(chunk, BYTE_ORDER_MARK)) repairs?.note('byte_order_mark', null);
    }
    yield decode(chunk);
    bytes += chunk.length;
  }
  yield decode();
}

function begins(chunk: Buffer, start: readonly number[]): boolean {
  return start.every((byte, index) => chunk[index] === byte);
}
