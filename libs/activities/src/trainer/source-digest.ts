import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/**
 * sha256 over the sorted lines `<folder name>/<path>\0<sha256>\n` of every .py, .json and .txt file
 * under the folders: the same as nacre_model.warm computes, so that a changed source is seen.
 */
export async function sourceDigest(folders: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile() || !/\.(py|json|txt)$/.test(entry.name)) continue;
      const file = join(entry.parentPath, entry.name);
      const digest = createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
      lines.push(`${basename(folder)}${file.slice(folder.length)}\0${digest}\n`);
    }
  }
  return createHash('sha256').update(lines.sort().join('')).digest('hex');
}
