import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from './lock.mjs';

let folder: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nacre-lock-'));
  lock = join(folder, 'lock');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Pid of a process that has ended. */
const deadPid = () => spawnSync(process.execPath, ['--version']).pid;

test('processes that want the lock at once hold it one after another, over a dead holder too', async () => {
  writeFileSync(lock, String(deadPid()));
  const journal = join(folder, 'journal');
  const script = `
    import { appendFileSync } from 'node:fs';
    import { withLock } from '${resolve(import.meta.dirname, 'lock.mjs')}';
    withLock('${lock}', () => {}, () => {
      appendFileSync('${journal}', 'in ');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
      appendFileSync('${journal}', 'out ');
    });`;
  const contenders = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' }),
  );
  const codes = await Promise.all(contenders.map((contender) => once(contender, 'exit')));
  expect(codes.map(([code]) => code as number)).toEqual(contenders.map(() => 0));
  expect(readFileSync(journal, 'utf8')).toBe('in out '.repeat(contenders.length));
  expect(existsSync(lock)).toBe(false);
});

test('a living holder is named to the one who waits', () => {
  writeFileSync(lock, String(process.pid));
  const waitedFor: number[] = [];
  const letGo = (pid: number) => {
    waitedFor.push(pid);
    rmSync(lock);
  };
  expect(withLock(lock, letGo, () => 'done')).toBe('done');
  expect(waitedFor).toEqual([process.pid]);
});

test('work that fails lets the lock go', () => {
  const fail = () => {
    throw new Error('no network');
  };
  expect(() => withLock(lock, () => undefined, fail)).toThrow('no network');
  expect(existsSync(lock)).toBe(false);
});
