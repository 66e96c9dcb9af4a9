import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { markOwner, removeAbandonedWork } from './work-owner.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nacre-owners-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A work folder, marked as this process's, then changed to `owner`. */
async function work(name: string, owner: Record<string, unknown> = {}): Promise<void> {
  const file = join(folder, name, 'owner.json');
  mkdirSync(join(folder, name, 'output'), { recursive: true });
  await markOwner(join(folder, name));
  const mine = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...mine, ...owner }));
}

test('only what a dead process of this machine has left is removed', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const living = readFileSync(`/proc/${String(child.pid)}/stat`, 'latin1')
    .split(') ')[1]
    ?.split(' ')[19];
  await work('mine');
  await work('another-workers', { pid: child.pid, started: living });
  await work('id-used-again', { pid: child.pid, started: '1' });
  await work('other-container', { pid: 4_000_000, namespace: 'pid:[1]' });
  await work('dead', { pid: 4_000_000 });
  mkdirSync(join(folder, 'begun-just-now'));
  writeFileSync(join(folder, 'begun-just-now', 'owner.json'), '{"pid":');
  expect(await removeAbandonedWork(folder)).toBe(2);
  expect(readdirSync(folder).sort()).toEqual([
    'another-workers',
    'begun-just-now',
    'mine',
    'other-container',
  ]);

  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await removeAbandonedWork(folder)).toBe(1);
});

test('a worker that has never worked has left nothing', async () => {
  expect(await removeAbandonedWork(join(folder, 'absent'))).toBe(0);
});
