import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { projectRoot, stateFolderOf } from './project-root.js';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'nacre-root-')));
  mkdirSync(join(folder, 'project', 'deep', 'deeper'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each(['.nacre', 'nx.json', '.git'])('climbs to the folder that holds %s', (marker) => {
  mkdirSync(join(folder, 'project', marker));
  expect(projectRoot(join(folder, 'project', 'deep', 'deeper'))).toBe(join(folder, 'project'));
});

it('stays in the working folder where no marker is above it', () => {
  const deep = join(folder, 'project', 'deep');
  expect(projectRoot(deep)).toBe(deep);
});

it('takes a named state folder as it is, made absolute', () => {
  expect(stateFolderOf(join(folder, 'here', '..', 'there'))).toBe(join(folder, 'there'));
});
