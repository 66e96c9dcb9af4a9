import { join } from 'node:path';

import { resolveRecipe, workflowId } from '@nacre/contracts/recipe';
import { PIPELINE_WORKFLOW } from '@nacre/contracts/run';
import { CONTROL_QUEUE } from '@nacre/contracts/queues';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { leastRecipeText } from './testing/least-recipe.js';
import { nacreHere } from './testing/nacre-here.js';
import { eventsOf, nacre } from './testing/nacre-process.js';
import { progressOfHeldRun } from './testing/progress-of-held-run.js';
import { scriptedWorker } from './testing/scripted-worker.js';
import { testServers, type TestServers } from './testing/test-servers.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

const run = workflowId(resolveRecipe(parse(leastRecipeText)));
const waiting = [
  { type: 'queue-unpolled', queue: 'nacre-control', command: 'npx nacre worker --role control' },
  { type: 'queue-unpolled', queue: 'nacre-data', command: 'npx nacre worker --role data' },
  { type: 'queue-unpolled', queue: 'nacre-gpu-nobody', command: 'npx nacre worker --role gpu --pool nobody' },
];

/** A namespace in which nothing has polled yet. */
function ownServers(): () => TestServers {
  let servers: TestServers | undefined;
  beforeAll(async () => {
    servers = await testServers();
  });
  afterAll(() => servers?.temporal.close());
  return () => {
    if (servers === undefined) throw new Error('the servers of the suite have not been started');
    return servers;
  };
}

describe('with no worker at all', () => {
  const servers = ownServers();
  const here = (...words: string[]) => nacreHere(words, servers().environment);

  it('start --detach names the queues that nobody polls and the commands, within 10 s, as JSON lines alone', async () => {
    const folder = temporaryFolder({ 'recipe.yaml': leastRecipeText });
    const { environment } = servers();
    const ended = await nacre(['start', 'recipe.yaml', '--detach', '--json'], { folder, environment });
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    expect(eventsOf(ended)).toEqual([
      {
        type: 'run-start',
        workflow_id: run,
        run_id: expect.any(String) as unknown,
        attached: false,
        ui: null,
      },
      ...waiting,
    ]);
    expect(ended.seconds).toBeLessThan(10);
  });

  it('a second start joins the open run and says whose settings count', async () => {
    const recipe = join(temporaryFolder({ 'recipe.yaml': leastRecipeText }), 'recipe.yaml');
    const { code, stdout, stderr } = await here(
      'start',
      recipe,
      '--detach',
      '--set',
      'run.pools.gpu.concurrency=3',
    );
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'the run was open already; its own `run:` settings stay\n',
    });
    expect(stdout.split('\n')[0]).toBe(run);
    expect((await here('runs')).stdout.trim().split('\n')).toHaveLength(2);
  });

  it('doctor names what is missing and ends with 4', async () => {
    const recipe = join(temporaryFolder({ 'recipe.yaml': leastRecipeText }), 'recipe.yaml');
    const { code, stdout, stderr } = await here('doctor', '--recipe', recipe);
    expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
    expect(stdout).toMatch(
      /^FAULT {2}queue nacre-gpu-nobody +no worker polls it\. Start one with `npx nacre worker --role gpu --pool nobody`$/m,
    );
    expect(stdout).toMatch(/^ok {5}store: 16 creations at once have one winner/m);
    expect(stdout).not.toContain(String(servers().environment['AWS_SECRET_ACCESS_KEY']));
  });

  it('watch says what the run waits for, and Ctrl-C ends the watching with 130, not the run', async () => {
    const { environment } = servers();
    const { code, stdout, stderr } = await nacre(['watch'], {
      folder: temporaryFolder(),
      environment,
      interruptAt: /waits:/,
    });
    expect(code).toBe(130);
    expect(stdout).toBe(
      'waits: no worker polls nacre-control; start one with `npx nacre worker --role control`\n',
    );
    expect(stderr).toContain(`the run goes on: \`npx nacre watch ${run}\` shows it again`);
    expect((await here('runs')).stdout).toMatch(/ running /);
  });

  it.each([
    [
      ['retry', 'least', 'folds'],
      `nacre: ${run} cannot be told: no worker polls nacre-control; start one with`,
    ],
    [
      ['cancel'],
      `nacre: ${run} has been told to end and ends as soon as it can: no worker polls nacre-control; start one with`,
    ],
    [
      ['restart'],
      `nacre: ${run} has been told to end and ends as soon as it can: no worker polls nacre-control; start one with`,
    ],
  ])('%j cannot be done and ends with 4 instead of waiting for ever', async (words, sentence) => {
    const { code, stdout, stderr } = await here(...words);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain(sentence);
  });

  it.each([
    [['ls'], 'does not answer and has left no record'],
    [['get', 'least', 'merge', 'folder'], 'does not answer and has left no record'],
    [['logs', 'least', 'folds'], `${run} has no log of folds`],
    [['report'], `${run} has no report yet; it is written when the run ends`],
    [['watch', 'other'], 'no run begins with other; `npx nacre runs` lists them'],
  ])('%j has nothing to show and ends with 2', async (words, sentence) => {
    const { code, stdout, stderr } = await here(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });

  it('watching a run that was ended from outside ends with 5', async () => {
    await servers().temporal.client.workflow.getHandle(run).terminate('by a person');
    expect(await here('watch')).toEqual({ code: 5, stdout: `run ${run} cancelled\n`, stderr: '' });
    expect((await here('retry', run, 'folds')).stderr).toContain(
      `${run} has ended (terminated); only an open run takes a decision`,
    );
    expect(await here('cancel', run)).toMatchObject({ code: 0, stdout: `${run} terminated\n` });
  });
});

describe('with a run that answers', () => {
  const servers = ownServers();
  const here = (...words: string[]) => nacreHere(words, servers().environment);
  const startRun = (id: string) =>
    servers().temporal.client.workflow.start(PIPELINE_WORKFLOW, {
      taskQueue: CONTROL_QUEUE,
      workflowId: id,
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
