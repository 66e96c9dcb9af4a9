import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { kernelKills } from './kernel-kills.js';
import { taskOutcome } from './task-outcome.js';
import type { ProcessEnd } from './task-process.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nacre-outcome-'));
  writeFileSync(join(folder, 'task.log'), 'its last words\n');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function outcome(end: ProcessEnd, result?: object) {
  const file = join(folder, 'result.json');
  const whole = { nacre_result: 1, metrics: {}, environment: {}, ...result };
  if (result !== undefined) writeFileSync(file, JSON.stringify(whole));
  return taskOutcome(end, file, join(folder, 'task.log'), await kernelKills());
}

const failed = (exit_code: number, type: string) => ({
  exit_code,
  error: { type, message: 'its own words' },
});

test.each([
  ['OutOfMemory', 76],
  ['DeviceFault', 77],
  ['TrainerStopped', 75],
])('a task that has named %s and then crashes in its clean-up has failed by that', async (name, code) => {
  await expect(outcome({ code: null, signal: 'SIGABRT' }, failed(code, name))).rejects.toMatchObject({
    name,
    message: 'its own words',
  });
});

test.each([
  ['SIGKILL', { code: null, signal: 'SIGKILL' }],
  ['an exit code that tells of SIGKILL', { code: 137, signal: null }],
])('a task that ended by %s is a lost node while the kernel has killed nobody', async (_how, end) => {
  await expect(outcome(end)).rejects.toMatchObject({ name: 'NodeLost' });
});

test('a killed task is one without memory where the count of the kernel has risen', async () => {
  const now = await kernelKills();
  const ended = taskOutcome(
    { code: null, signal: 'SIGKILL' },
    join(folder, 'none.json'),
    join(folder, 'task.log'),
    (now ?? 0) - 1,
  );
  await expect(ended).rejects.toMatchObject({ name: now === undefined ? 'NodeLost' : 'OutOfMemory' });
});

test('a task that is done by its result but crashed afterwards is not taken for done', async () => {
  await expect(
    outcome({ code: null, signal: 'SIGSEGV' }, { exit_code: 0, error: null }),
  ).rejects.toMatchObject({ name: 'NodeLost' });
});
