import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf, sourceFiles } from './kept.mjs';
import { inRoot } from './workspace.mjs';

const folder = 'tools/test-output/kept';

beforeEach(() => {
  for (const part of ['src', 'dist', 'node_modules']) {
    mkdirSync(inRoot(folder, part), { recursive: true });
    writeFileSync(inRoot(folder, part, 'one.ts'), 'one');
  }
});

afterEach(() => rmSync(inRoot(folder), { recursive: true, force: true }));

const digest = () => digestOf(sourceFiles(folder, (name) => name.endsWith('.ts')));

test('builds and packages are no sources', () => {
  expect(sourceFiles(folder, () => true)).toEqual([inRoot(folder, 'src/one.ts')]);
});

test('a digest stays until the bytes, the name or the number of files change', () => {
  const before = digest();
  writeFileSync(inRoot(folder, 'src/notes.md'), 'not a source');
  expect(digest()).toBe(before);
  writeFileSync(inRoot(folder, 'src/one.ts'), 'two');
  const changed = digest();
  writeFileSync(inRoot(folder, 'src/two.ts'), '');
  const added = digest();
  expect(new Set([before, changed, added]).size).toBe(3);
});

test('words enter a digest beside the files', () => {
  expect(digestOf([], ['3.11.7'])).not.toBe(digestOf([], ['3.12.0']));
});
