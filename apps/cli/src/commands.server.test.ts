import { join } from 'node:path';

import { resolveRecipe, workflowId } from '@nacre/contracts/recipe';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';

import { recordedRecipe } from './recorded-recipe.js';
import { leastRecipeText } from './testing/least-recipe.js';
import { nacreHere } from './testing/nacre-here.js';
import { eventsOf, nacre } from './testing/nacre-process.js';
import { ownServers } from './testing/own-servers.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

const run = workflowId(resolveRecipe(parse(leastRecipeText)));
const waiting = [
  { type: 'queue-unpolled', queue: 'nacre-control', command: 'npx nacre worker --role control' },
  { type: 'queue-unpolled', queue: 'nacre-data', command: 'npx nacre worker --role data' },
  { type: 'queue-unpolled', queue: 'nacre-gpu-nobody', command: 'npx nacre worker --role gpu --pool nobody' },
];

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
    [['pause'], `nacre: ${run} cannot be told: no worker polls nacre-control; start one with`],
    [['resume', 'least'], `nacre: ${run} cannot be told: no worker polls nacre-control; start one with`],
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
      `${run} has ended (terminated); only an open run can be told anything`,
    );
    expect(await here('cancel', run)).toMatchObject({ code: 0, stdout: `${run} terminated\n` });
  });

  it('start --until and --rerun go into the settings of the run, and the recipe stays the same run', async () => {
    const recipe = join(temporaryFolder({ 'recipe.yaml': leastRecipeText }), 'recipe.yaml');
    const words = ['--until', 'student/', '--rerun', 'folds', '--rerun', 'merge', '--detach'];
    const { code, stdout } = await here('start', recipe, ...words);
    expect({ code, run: stdout.split('\n')[0] }).toEqual({ code: 0, run });
    const handle = servers().temporal.client.workflow.getHandle(run);
    expect(await recordedRecipe(handle)).toMatchObject({
      run: { until: 'student/', cache: { off: ['folds', 'merge'] } },
    });
    await handle.terminate();
  });
});
