import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NodeLost, TrainerStopped } from '@nacre/contracts/errors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ColdStarter } from './cold-starter.js';
import type { TaskRunner } from '../stage-context.js';
import { TASK_LOG, taskRunner } from './run-task.js';
import type { TaskStarter } from './task-process.js';
import { livingUnder } from './testing/living-under.js';
import { playedStage } from './testing/played-stage.js';
import { installTasks } from './testing/task-modules.js';
import { WarmStarter } from './warm-starter.js';

const folder = mkdtempSync(join(tmpdir(), 'nacre-run-task-'));
const installation = installTasks(folder);
// HOME marks every process of this test.
const environment = { PATH: process.env['PATH'], HOME: folder, AWS_SECRET_ACCESS_KEY: 'secret' };
const warm = new WarmStarter(installation, environment, () => undefined);
const cold = new ColdStarter(installation.python);

afterAll(async () => {
  await warm.close();
  rmSync(folder, { recursive: true, force: true });
});

const executableOf = (pid: number): string => {
  try {
    return readlinkSync(`/proc/${String(pid)}/exe`);
  } catch {
    return ''; // It ended meanwhile.
  }
};

const stage = (name: string, signal?: AbortSignal) =>
  playedStage(folder, name, signal === undefined ? {} : { signal });

describe.each([
  ['a new interpreter', cold as TaskStarter],
  ['the warm parent', warm as TaskStarter],
])('a task in %s', (_how, starter) => {
  let run: TaskRunner;
  beforeAll(() => {
    run = taskRunner({ installation, environment, onCpu: starter, onGpu: starter });
  });

  test('that is done gives its figures and its environment, and knew no secret', async () => {
    const context = stage('done');
    const { metrics, environment: circumstances } = await run('quantize', context);
    expect(metrics).toEqual({ answer: 1 });
    expect(circumstances).toHaveProperty('torch');
    expect(readFileSync(join(context.output, 'answer.txt'), 'utf8')).toBe('no secret');
    expect(context.beats).toContainEqual({ phase: 'waiting', done: 0, total: 0 });
  });

  test('that crashes says so in its own words', async () => {
    await expect(run('quantize', stage('crash'))).rejects.toMatchObject({
      name: 'TrainerCrashed',
      message: 'RuntimeError: something broke',
    });
  });

  test('that is killed from outside is a lost node', async () => {
    await expect(run('quantize', stage('killed'))).rejects.toThrow(NodeLost);
  });

  test('that is told to stop ends at a step boundary', async () => {
    const stopping = new AbortController();
    const context = stage('steps', stopping.signal);
    const result = run('quantize', context);
    await expect
      .poll(() => context.beats.some(({ done }) => (done ?? 0) > 1), { timeout: 60_000 })
      .toBe(true);
    stopping.abort();
    await expect(result).rejects.toThrow(TrainerStopped);
    expect(context.beats.at(-1)?.done).toBeLessThan(2999);
  });
});

describe('a task', () => {
  const run = taskRunner({ installation, environment, onCpu: warm, onGpu: warm });

  test.each([
    ['contract', 'ContractViolation', 'inputs.base: the task quantize needs it and the request has none'],
    ['invalid', 'InvalidData', 'rows.parquet: row 3 has no label; remove it'],
  ])('that ends by itself (%s) says so in its own words', async (name, error, message) => {
    await expect(run('quantize', stage(name))).rejects.toMatchObject({ name: error, message });
  });

  test('that vanishes with an exit code of its own is quoted by the end of its log', async () => {
    await expect(run('quantize', stage('vanish'))).rejects.toMatchObject({
      name: 'TrainerCrashed',
      message: expect.stringContaining('about to vanish') as string,
      data: { exit_code: 3 },
    });
  });

  test('that says nothing for the stall timeout is ended, and is told by its last word', async () => {
    const context = playedStage(folder, 'silent', { execution: { stall_timeout: '2s' } });
    await expect(run('quantize', context)).rejects.toMatchObject({
      name: 'TrainerStalled',
      data: { last: 'rows-written' },
    });
    await expect.poll(() => livingUnder(context.work)).toEqual([]);
  });

  test('that prints keeps it in the log of the stage', async () => {
    const context = stage('crash');
    await run('quantize', context).catch(() => undefined);
    const log = () => readFileSync(join(context.work, TASK_LOG), 'utf8');
    await expect.poll(log).toContain('log line 29');
    expect(log()).toContain('something broke');
  });
});

test('two tasks that see a changed Python source share one new warm parent, and compute by the new source', async () => {
  const run = taskRunner({ installation, environment, onCpu: warm, onGpu: cold });
  await run('quantize', stage('done'));
  const before = livingUnder(folder);
  writeFileSync(
    installation.taskFile,
    readFileSync(installation.taskFile, 'utf8').replace('ANSWER = 1.0', 'ANSWER = 2.0'),
  );
  const answers = await Promise.all([run('quantize', stage('done')), run('quantize', stage('done'))]);
  expect(answers.map(({ metrics }) => metrics['answer'])).toEqual([2, 2]);
  await expect.poll(() => livingUnder(folder), { timeout: 20_000 }).toHaveLength(1);
  expect(livingUnder(folder)).not.toEqual(before);
});

test('a warm parent that is killed takes its tasks with it, and the next task finds another one', async () => {
  const run = taskRunner({ installation, environment, onCpu: warm, onGpu: cold });
  const context = stage('steps');
  const lost = run('quantize', context);
  await expect.poll(() => context.beats.some(({ done }) => (done ?? 0) > 1), { timeout: 60_000 }).toBe(true);
  const [parent] = livingUnder(folder);
  process.kill(parent ?? 0, 'SIGKILL');
  await expect(lost).rejects.toThrow(NodeLost);
  await expect.poll(() => livingUnder(folder)).toEqual([]);
  await expect(run('quantize', stage('done'))).resolves.toMatchObject({ metrics: { answer: 2 } });
});

test.each([
  ['killed', 'cold', 'SIGKILL'],
  ['killed', 'warm', 'SIGKILL'],
  ['stopped and does not go on', 'cold', 'SIGSTOP'],
  ['stopped and does not go on', 'warm', 'SIGSTOP'],
] as const)('a worker that is %s leaves no task of a %s start alive', async (_what, how, blow) => {
  const work = mkdtempSync(join(tmpdir(), 'nacre-killed-worker-'));
  const script = join(import.meta.dirname, 'testing/worker-with-a-task.ts');
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@nacre/source', script, how, work],
    {
      env: { PATH: process.env['PATH'], HOME: work, NACRE_TEST_PYTHON: installation.python },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => {
        resolve();
      });
      child.once('exit', () => {
        reject(new Error('the worker ended before its task had begun'));
      });
    });
    expect(livingUnder(work).length).toBeGreaterThanOrEqual(2);
    child.removeAllListeners('exit').kill(blow);
    // Beside a worker that only stands still, its warm parent waits without a task.
    const left = how === 'warm' && blow === 'SIGSTOP' ? 1 : 0;
    const pythons = () => livingUnder(work).filter((pid) => executableOf(pid).includes('python'));
    await expect.poll(pythons, { timeout: 20_000 }).toHaveLength(left);
  } finally {
    child.kill('SIGKILL');
    rmSync(work, { recursive: true, force: true });
  }
});
