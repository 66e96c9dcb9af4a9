import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { inRoot, root } from './workspace.mjs';

const notSources = new Set(['node_modules', 'dist', 'test-output', '.nx']);

/**
 * All files below the folder whose name passes, sorted; builds and packages are left out.
 * @param {string} folder relative to the root
 * @param {(name: string) => boolean} accepts
 * @returns {string[]} absolute paths
 */
export function sourceFiles(folder, accepts) {
  return readdirSync(inRoot(folder), { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return notSources.has(entry.name) ? [] : sourceFiles(path, accepts);
      return accepts(entry.name) ? [inRoot(path)] : [];
    });
}

/**
 * sha256 over names and bytes of the files and over the words.
 * @param {string[]} files absolute paths
 * @param {string[]} [words]
 */
export function digestOf(files, words = []) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.update(JSON.stringify(words)).digest('hex');
}

/** @param {string} step */
const recordOf = (step) => inRoot('.nacre/build', `${step}.json`);

/**
 * Whether the step was last done on inputs of this digest.
 * @param {string} step
 * @param {string} digest
 */
export function isKept(step, digest) {
  try {
    /** @type {{ inputs?: string }} */
    const record = JSON.parse(readFileSync(recordOf(step), 'utf8'));
    return record.inputs === digest;
  } catch {
    return false;
  }
}

/**
 * Records that the step is done.
 * @param {string} step
 * @param {string} digest
 */
export function keep(step, digest) {
  mkdirSync(dirname(recordOf(step)), { recursive: true });
  writeFileSync(recordOf(step), `${JSON.stringify({ inputs: digest })}\n`);
}
