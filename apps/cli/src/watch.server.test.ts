import { CONTROL_QUEUE } from '@nacre/contracts/queues';
import { PIPELINE_WORKFLOW, type Progress } from '@nacre/contracts/run';
import { describe, expect, it } from 'vitest';

import { nacreHere } from './testing/nacre-here.js';
import { ownServers } from './testing/own-servers.js';
import { progressOfHeldRun } from './testing/progress-of-held-run.js';
import { scriptedWorker } from './testing/scripted-worker.js';

describe('with a run that answers', () => {
  const servers = ownServers();
  const here = (...words: string[]) => nacreHere(words, servers().environment);
  const startRun = (id: string) =>
    servers().temporal.client.workflow.start(PIPELINE_WORKFLOW, {
      taskQueue: CONTROL_QUEUE,
      workflowId: id,
      // A task that was given to a poll which has just been ended comes again after this time.
      workflowTaskTimeout: '2s',
      args: [{}],
    });

  it('there is none before the first', async () => {
    expect(await here('runs')).toMatchObject({ code: 0, stdout: 'RUN  STATE  STARTED  ENDED\n' });
    expect((await here('watch')).stderr).toBe(
      'nacre: there is no run yet; start one with `npx nacre start RECIPE`\n',
    );
  });

  it('watch shows what changed and why it is held, and ends with 3', async () => {
    await startRun('held-1');
    const stop = scriptedWorker(servers().temporal, { progress: progressOfHeldRun('held-1') });
    try {
      const { code, stdout } = await here('watch', 'held');
      expect(code).toBe(3);
      expect(stdout.split('\n')).toEqual([
        'done       prepare/train  2.5 s',
        'held       folds  TrainerCrashed: exit code 1',
        'run held-1 is held and waits for you: `npx nacre retry held-1 STAGE` (or --skip, --abort)',
        'folds is held',
        '',
      ]);
      expect((await here('ls')).stdout).toContain('folds          held');
      expect((await here('get', 'held', 'folds', 'folder')).stderr).toContain(
        'held-1 has no artifact folds; `npx nacre ls held-1`',
      );
      expect((await here('reproduce', 'held', 'gone', 'folder')).stderr).toContain(
        'held-1 has no finished stage gone',
      );
    } finally {
      await stop();
    }
  });

  it('watch goes on through a pause, says so and names the command that ends it', async () => {
    await startRun('paused-1');
    const held = progressOfHeldRun('paused-1');
    const script: { progress: Progress } = {
      progress: { ...held, state: 'paused', message: 'paused: for a while' },
    };
    const stop = scriptedWorker(servers().temporal, script);
    try {
      const watched = here('watch', 'paused');
      setTimeout(() => {
        script.progress = held;
      }, 2500);
      const { code, stdout } = await watched;
      expect(code).toBe(3);
      expect(stdout).toMatch(
        /^run paused-1 is paused; `npx nacre resume paused-1` goes on\npaused: for a while\ndone [^]+\nrun paused-1 goes on\nrun paused-1 is held and waits/,
      );
    } finally {
      await stop();
    }
  });

  it('a run that failed ends its watcher with 1 and the reason, even when nobody answers any more', async () => {
    const handle = await startRun('failed-1');
    const stop = scriptedWorker(servers().temporal, {
      progress: progressOfHeldRun('failed-1'),
      failure: 'train.csv, row 3, column prompt: the cell is no JSON',
    });
    await handle.result().catch(() => undefined);
    await stop();
    expect(await here('watch', 'failed')).toEqual({
      code: 1,
      stdout: 'run failed-1 failed\ntrain.csv, row 3, column prompt: the cell is no JSON\n',
      stderr: '',
    });
  });

  it('a prefix names one run, an exact id also where it is a prefix of another', async () => {
    await startRun('failed-10');
    expect((await here('watch', 'fail')).stderr).toContain('fail fits failed-10, failed-1; write more of it');
    expect((await here('watch', 'failed-1')).code).toBe(1);
  });
});
