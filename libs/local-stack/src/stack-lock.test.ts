import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StateFolderUnusable } from './errors.js';
import { withStackLock } from './stack-lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nacre-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('lets one at a time through', async () => {
  let inside = 0;
  let most = 0;
  const visit = (): Promise<void> =>
    withStackLock(folder, async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(5);
      inside -= 1;
    });
  await Promise.all([visit(), visit(), visit()]);
  expect(most).toBe(1);
});

it('takes over the lock of a process that died, and leaves no file behind', async () => {
  writeFileSync(
    join(folder, 'stack.lock'),
    JSON.stringify({ pid: process.pid, identity: 'of an earlier boot' }),
  );
  await expect(withStackLock(folder, () => Promise.resolve('in'))).resolves.toBe('in');
  expect(readdirSync(folder)).toEqual([]);
});

it('is open again after a failure', async () => {
  await expect(withStackLock(folder, () => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
  await expect(withStackLock(folder, () => Promise.resolve('in'))).resolves.toBe('in');
});

it('says that a folder which is not there cannot hold it', async () => {
  const missing = join(folder, 'missing');
  await expect(withStackLock(missing, () => Promise.resolve())).rejects.toThrow(StateFolderUnusable);
});
