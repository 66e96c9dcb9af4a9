import { open, rename, rm } from 'node:fs/promises';

const PIECE = 1024 * 1024;

/** Writes lines as a text file (UTF-8, LF) that appears under its name only when it is whole and on disk. */
export async function writeWhole(file: string, lines: Iterable<string>, signal?: AbortSignal): Promise<void> {
  const partial = `${file}.partial`;
  try {
    const handle = await open(partial, 'w');
    try {
      let piece = '';
      for (const line of lines) {
        piece += `${line}\n`;
        if (piece.length < PIECE) continue;
        signal?.throwIfAborted();
        await handle.write(piece);
        piece = '';
      }
      await handle.write(piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}
