import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ContractViolation } from '@nacre/contracts/errors';

/**
 * Paths of all files below a folder, relative to it, with forward slashes, sorted by code unit.
 *
 * @throws ContractViolation when the folder is absent or empty, or holds a link, a socket or a device
 */
export async function folderFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new ContractViolation(`The stage left no folder of results at ${folder}.`, {}, { cause });
  });
  const paths: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (!entry.isFile()) {
      throw new ContractViolation(
        `${path} in ${folder} is no plain file: an artifact holds the bytes themselves.`,
      );
    }
    paths.push(path);
  }
  if (paths.length === 0) throw new ContractViolation(`The stage left no file in ${folder}.`);
  return paths.sort((left, right) => (left < right ? -1 : 1));
}
