import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { kernelKills } from './kernel-kills.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nacre-control-groups-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

const kills = () => kernelKills({ membership: join(folder, 'self'), mount: join(folder, 'mount') });

test('the unified hierarchy tells the kills of the group of this process', async () => {
  write('self', '0::/nacre/worker\n');
  write('mount/nacre/worker/memory.events', 'low 0\nhigh 3\nmax 9\noom 2\noom_kill 2\noom_group_kill 0\n');
  write('mount/memory.events', 'oom_kill 40\n');
  expect(await kills()).toBe(2);
});

test('in a container the group stands at the mount itself', async () => {
  write('self', '0::/../../pod/worker\n');
  write('mount/memory.events', 'oom_kill 5\n');
  expect(await kills()).toBe(5);
});

test('the older hierarchy tells them by its memory controller', async () => {
  write('self', '12:cpu,cpuacct:/a\n7:memory:/b\n0::/\n');
  write('mount/memory/b/memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n');
  expect(await kills()).toBe(3);
});

test('a machine that does not say is not guessed about', async () => {
  expect(await kills()).toBeUndefined();
  write('self', '0::/worker\n');
  expect(await kills()).toBeUndefined();
});

test('this machine is read without a fault', async () => {
  expect((await kernelKills()) ?? 0).toBeGreaterThanOrEqual(0);
});
