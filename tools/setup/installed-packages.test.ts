import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isInstalled } from './installed-packages.mjs';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nacre-packages-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lockFile(name: string, packages: Record<string, object>): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ packages }));
  return path;
}

const zod = { version: '4.6.7', integrity: 'sha512-a' };
const otherPlatform = { version: '1.0.0', integrity: 'sha512-b', optional: true };
const wanted = () =>
  lockFile('wanted.json', { '': {}, 'node_modules/zod': zod, 'node_modules/native-darwin': otherPlatform });

test('packages are installed although those of other platforms are not', () => {
  expect(isInstalled(wanted(), lockFile('found.json', { 'node_modules/zod': zod }))).toBe(true);
});

test.each([
  ['of another version', { 'node_modules/zod': { ...zod, version: '4.6.6' } }],
  ['with other bytes', { 'node_modules/zod': { ...zod, integrity: 'sha512-c' } }],
  ['that are absent', {}],
  ['that the lock file does not name', { 'node_modules/zod': zod, 'node_modules/left-over': zod }],
])('packages %s are not what the lock file names', (_, found) => {
  expect(isInstalled(wanted(), lockFile('found.json', found))).toBe(false);
});

test('a folder without packages is not installed', () => {
  expect(isInstalled(wanted(), join(folder, 'absent.json'))).toBe(false);
});
