import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const MARKERS = ['.nacre', 'nx.json', '.git'];

/**
 * The nearest folder at or above `from` that holds a `.nacre`, an `nx.json` or a `.git`; `from`
 * itself when there is none. Any command inside a project thus finds the same stack.
 */
export function projectRoot(from: string = process.cwd()): string {
  const start = resolve(from);
  for (let folder = start; ; folder = dirname(folder)) {
    if (MARKERS.some((marker) => existsSync(join(folder, marker)))) return folder;
    if (folder === dirname(folder)) return start;
  }
}

/** The state folder of the project around the working directory, or the one that is named. */
export function stateFolderOf(stateFolder?: string): string {
  return resolve(stateFolder ?? join(projectRoot(), '.nacre'));
}
