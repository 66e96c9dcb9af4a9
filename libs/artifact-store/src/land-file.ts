import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DoesNotFit } from '@nacre/contracts/errors';

/** A part file that nobody has written to for so long belongs to a process that was killed. */
const ABANDONED = 60 * 60 * 1000;

/**
 * Makes a file appear at once and whole: the content is written beside it (handle and path are given), synced, and renamed. After a failure
 * nothing is left. Several processes may land the same file at the same time; the last rename stays.
 *
 * @throws DoesNotFit naming the folder when the disk is full; whatever writing throws
 */
export async function landFile(
  file: string,
  mode: number,
  write: (handle: FileHandle, part: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(file);
  const part = `${file}.${randomBytes(6).toString('hex')}.part`;
  try {
    await mkdir(folder, { recursive: true });
    await removeAbandoned(file);
    const handle = await open(part, 'wx', 0o600);
    try {
      await write(handle, part);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
    await syncFolder(folder);
  } catch (error) {
    await rm(part, { force: true });
    throw diskFull(error) ? noSpace(folder, error) : error;
  }
}

/** The error to throw when the file system refused because it is full. */
export function noSpace(folder: string, cause: unknown): DoesNotFit {
  return new DoesNotFit(
    `No space is left for ${folder}: free some, or put the folder on a larger disk.`,
    { folder },
    { cause },
  );
}

/** Whether an error means that a disk, a quota or the process's own limit (ulimit -f) is full. */
export function diskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(ENOSPC|EDQUOT|EFBIG)$/.test(String(error.code));
}

async function removeAbandoned(file: string): Promise<void> {
  const folder = dirname(file);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(file)}.`) || !name.endsWith('.part')) continue;
    const path = join(folder, name);
    const written = await stat(path).catch(() => undefined);
    if (written !== undefined && Date.now() - written.mtimeMs > ABANDONED) await rm(path, { force: true });
  }
}

/** The rename itself must survive a power cut, or a cache entry could come back empty. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
