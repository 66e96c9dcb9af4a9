import { PIPELINE_WORKFLOW } from '@nacre/contracts/run';
import { resolveRecipe, workflowId } from '@nacre/contracts/recipe';
import type { LocalStack } from '@nacre/local-stack';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { runProgram } from './support/run-program.js';
import { ScriptedPipeline } from './support/scripted-pipeline.js';
import { smallRecipe } from './support/small-recipe.js';
import { tierServers } from './support/tier-servers.js';
import { progressOf } from './support/told-run.js';
import { until } from './support/until.js';
import { root, temporalProgram } from './support/workplace.js';

let stack: LocalStack;
beforeAll(async () => {
  stack = await tierServers();
});

describe('a document given to the workflow', () => {
  let pipeline: ScriptedPipeline;
  beforeAll(async () => {
    pipeline = await ScriptedPipeline.open(stack);
  });
  afterAll(() => pipeline.close());

  test('without the stamp gets its defaults in the workflow, the same as those of the command line', async () => {
    const handle = await pipeline.start(smallRecipe());
    await handle.result();
    const { memo } = await handle.describe();
    expect(memo).toMatchObject({
      recipe_name: 'small',
      expected_workflow_id: workflowId(resolveRecipe(smallRecipe())),
    });
  });

  test.each([
    ['an unknown key', { ...smallRecipe(), colour: 'blue' }, /colour/],
    ['nothing', undefined, /recipe: /],
    [
      'a stamp over a recipe that lacks keys',
      { ...resolveRecipe(smallRecipe()), controls: undefined },
      /^resolved_by: /,
    ],
    [
      'a local path',
      smallRecipe({ data: { ...smallRecipe().data, test: { path: '/data/test.csv' } } }),
      /^data\.test\.path: a workflow cannot read local files; start the run with `nacre start`, which uploads them$/,
    ],
  ])(
    'with %s fails the run as InvalidRecipe instead of being tried for ever',
    async (_what, document, sentence) => {
      const handle = await pipeline.start(document);
      await expect(handle.result()).rejects.toMatchObject({
        cause: { type: 'InvalidRecipe', message: expect.stringMatching(sentence) as string },
      });
      expect(pipeline.carriedOut).not.toContain('import/test');
    },
  );

  test('runs in a namespace without the search attributes of Nacre', async () => {
    const namespace = `bare-${String(process.pid)}`;
    const { address } = stack.temporal;
    const words = ['operator', 'namespace', 'create', '--address', address, '--namespace', namespace];
    expect(
      (await runProgram(temporalProgram, words, root, { PATH: process.env['PATH'], HOME: '/nonexistent' }))
        .code,
    ).toBe(0);
    const bare = await ScriptedPipeline.open(stack, ['control', 'data', 'gpu'], namespace);
    try {
      await expect((await bare.start(smallRecipe())).result()).resolves.toMatchObject({ skipped: [] });
    } finally {
      await bare.close();
    }
  });
});

test('a queue that nobody polls is named within 10 s with the command that helps, and forgotten when a worker comes', async () => {
  const pipeline = await ScriptedPipeline.open(stack, ['control', 'data']);
  try {
    const handle = await pipeline.start(smallRecipe());
    const queue = 'nacre-gpu-local';
    const command = 'npx nacre worker --role gpu --pool local';
    await until('the GPU queue has work', async () =>
      (await progressOf(handle)).stages.some((stage) => stage.queue === queue && stage.state === 'queued'),
    );
    await until('the queue is named', async () => (await progressOf(handle)).waits_for.length > 0, 10);
    expect((await progressOf(handle)).waits_for).toEqual([{ queue, command }]);
    const words = [
      'workflow',
      'metadata',
      '--address',
      pipeline.address,
      '--namespace',
      pipeline.namespace,
      '--workflow-id',
      handle.workflowId,
      '-o',
      'json',
    ];
    const { stdout } = await runProgram(temporalProgram, words, root, {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
    });
    expect(stdout).toContain(`no worker polls \`${queue}\`; start one with \`${command}\``);
    expect(stdout).toContain(PIPELINE_WORKFLOW);

    await pipeline.work('gpu');
    await handle.result();
    expect((await progressOf(handle)).waits_for).toEqual([]);
  } finally {
    await pipeline.close();
  }
});
