import { createReadStream } from 'node:fs';

import { dataFault } from './data-fault.js';

const CHUNK_BYTES = 1024 * 1024;

/**
 * The text of a UTF-8 file in pieces, without its byte order mark.
 *
 * @throws InvalidData where the bytes are not UTF-8, with how many bytes were.
 */
export async function* readText(file: string, source: string, signal?: AbortSignal): AsyncGenerator<string> {
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
    yield decode(chunk);
    bytes += chunk.length;
  }
  yield decode();
}
