import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StateFolderUnusable } from './errors.js';
import {
  makeStateFolder,
  newCredentials,
  readStackState,
  writeStackState,
  type StackState,
} from './stack-state.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nacre-state-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const state: StackState = {
  format: 1,
  ports: {
    temporal: 1,
    ui: 2,
    http: 3,
    metrics: 4,
    s3: 5,
    master: 6,
    volume: 7,
    filer: 8,
    admin: 9,
    guard: 10,
  },
  namespace: 'default',
  bucket: 'nacre',
  credentials: newCredentials(),
  processes: { temporal: { pid: 4711, identity: 'boot:1' } },
};

it('reads back what it wrote, in a file that only this user can read', () => {
  writeStackState(folder, state);
  expect(readStackState(folder)).toEqual(state);
  expect(readdirSync(folder)).toEqual(['stack.json']);
  expect(statSync(join(folder, 'stack.json')).mode & 0o777).toBe(0o600);
});

it('knows no state where no stack was started', () => {
  expect(readStackState(folder)).toBeUndefined();
});

it.each([
  ['not JSON', '{'],
  ['of a later format', JSON.stringify({ ...state, format: 2 })],
  ['without a secret', JSON.stringify({ ...state, credentials: {} })],
  [
    'with a pid that is no number',
    JSON.stringify({ ...state, processes: { s3: { pid: '1', identity: '' } } }),
  ],
])('refuses a state file that is %s', (_, text) => {
  writeFileSync(join(folder, 'stack.json'), text);
  expect(() => readStackState(folder)).toThrow(StateFolderUnusable);
});

it('gives every stack its own secret', () => {
  expect(newCredentials().secret_access_key).not.toBe(newCredentials().secret_access_key);
  expect(newCredentials().secret_access_key).toMatch(/^[\w-]{43}$/);
});

it('says why a state folder cannot be made', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeStateFolder(join(folder, 'file', 'state'))).toThrow(
    /cannot hold the embedded servers' data: ENOTDIR/,
  );
});
