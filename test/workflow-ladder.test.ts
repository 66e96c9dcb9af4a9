import type { Progress, StageCall } from '@nacre/contracts/run';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { scheduledActivities } from './support/recorded-events.js';
import { replayFaults } from './support/replay-faults.js';
import { artifactOf, ScriptedPipeline } from './support/scripted-pipeline.js';
import { smallRecipe } from './support/small-recipe.js';
import { tierServers } from './support/tier-servers.js';
import { decide, progressOf } from './support/told-run.js';
import { until } from './support/until.js';

const teacher = 'teacher/teacher/fold-0';
const other = 'teacher/teacher/fold-1';

let pipeline: ScriptedPipeline;
/** Rung and budget of every attempt, by stage. */
const attempts = new Map<string, [rung: number, tokens: number][]>();
beforeAll(async () => {
  pipeline = await ScriptedPipeline.open(await tierServers());
});
beforeEach(() => {
  pipeline.reset();
  attempts.clear();
});
afterAll(() => pipeline.close());

const recipe = (micro_batch_tokens: number) => {
  const { run } = smallRecipe();
  const gpu = { ...run?.pools?.gpu, concurrency: 1, micro_batch_tokens };
  return smallRecipe({ run: { pools: { ...run?.pools, gpu } } });
};

/** The stage fits when a micro-batch has at most so many tokens; else its device runs out of memory. */
function needs(stage: string, fits: number): void {
  pipeline.scripts.set(stage, (call) => {
    noteAttempt(call);
    if (call.execution.micro_batch_tokens <= fits) return Promise.resolve(artifactOf(call));
    throw ApplicationFailure.nonRetryable('CUDA out of memory', 'OutOfMemory');
  });
}

function noteAttempt({ name, execution }: StageCall): void {
  attempts.set(name, [...(attempts.get(name) ?? []), [execution.rung, execution.micro_batch_tokens]]);
}

const stageOf = ({ stages }: Progress, stage: string) => stages.find(({ name }) => name === stage);

test('a stage whose device runs out of memory goes on with half the micro-batch, and other folds begin there', async () => {
  for (const name of [teacher, other, 'logits/teacher/fold-0', 'student/fold-0']) needs(name, 2048);
  const handle = await pipeline.start(recipe(8192));
  await expect(handle.result()).resolves.toMatchObject({ skipped: [] });
  const ladder = [
    [0, 8192],
    [1, 4096],
    [2, 2048],
  ];
  expect(attempts.get(teacher)).toEqual(ladder);
  expect(attempts.get(other)).toEqual([[2, 2048]]);
  expect(attempts.get('logits/teacher/fold-0'), 'needs other memory than training').toEqual(ladder);
  expect(attempts.get('student/fold-0'), 'is another model').toEqual(ladder);
  const progress = await progressOf(handle);
  expect(stageOf(progress, teacher)).toMatchObject({
    state: 'done',
    message: 'rung 2: 2,048 tokens a micro-batch',
  });
  const summaries = (await scheduledActivities(handle)).flatMap(({ type, summary }) =>
    type === 'train_teacher' ? [summary] : [],
  );
  expect(summaries).toEqual([
    'fold 1/2 · teacher · train_teacher',
    'fold 1/2 · teacher · train_teacher · rung 1: 4,096 tokens a micro-batch',
    'fold 1/2 · teacher · train_teacher · rung 2: 2,048 tokens a micro-batch',
    'fold 2/2 · teacher · train_teacher · rung 2: 2,048 tokens a micro-batch',
  ]);
});

test('at the end of the ladder the stage is held, and a retry begins at the end', async () => {
  needs(teacher, 0);
  const handle = await pipeline.start(recipe(4));
  const held = async (times: number) =>
    until('the run is held', async () => {
      const progress = await progressOf(handle);
      return progress.state === 'held' && attempts.get(teacher)?.length === times && progress;
    });
  expect(stageOf(await held(3), teacher)).toMatchObject({
    state: 'held',
    message: 'DoesNotFit: not even one token a micro-batch: CUDA out of memory',
  });
  await decide(handle, { stage: teacher, action: 'retry' });
  await held(4);
  expect(attempts.get(teacher)?.map(([rung]) => rung)).toEqual([0, 1, 2, 2]);
  await handle.terminate();
});

test('a retry after another failure stays on the rung that was found', async () => {
  let crashes = 1;
  pipeline.scripts.set(teacher, (call) => {
    noteAttempt(call);
    if (call.execution.rung === 0) throw ApplicationFailure.nonRetryable('CUDA out of memory', 'OutOfMemory');
    if (crashes-- > 0) throw ApplicationFailure.nonRetryable('exit code 1', 'TrainerCrashed');
    return Promise.resolve(artifactOf(call));
  });
  const handle = await pipeline.start(recipe(8192));
  await until(
    'the teacher is held',
    async () => stageOf(await progressOf(handle), teacher)?.state === 'held',
  );
  await decide(handle, { stage: teacher, action: 'retry' });
  await handle.result();
  expect(attempts.get(teacher)?.map(([rung]) => rung)).toEqual([0, 1, 1]);
});

test('every run of this file can be replayed', async () => {
  const histories = await Promise.all(
    pipeline.started.map(async (handle) => [handle.workflowId, await handle.fetchHistory()] as const),
  );
  expect(await replayFaults(Object.fromEntries(histories))).toEqual({});
});
