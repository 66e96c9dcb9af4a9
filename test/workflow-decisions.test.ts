import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { Progress } from '@nacre/contracts/run';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { eventCount, scheduledActivities } from './support/recorded-events.js';
import { replayFaults } from './support/replay-faults.js';
import { artifactOf, ScriptedPipeline } from './support/scripted-pipeline.js';
import { smallRecipe } from './support/small-recipe.js';
import { tierServers } from './support/tier-servers.js';
import { decide, progressOf } from './support/told-run.js';
import { until } from './support/until.js';

const teacher = 'teacher/teacher/fold-1';

let pipeline: ScriptedPipeline;
beforeAll(async () => {
  pipeline = await ScriptedPipeline.open(await tierServers());
});
beforeEach(() => {
  pipeline.reset();
  let broken = true;
  pipeline.scripts.set(teacher, (call) => {
    if (!broken) return Promise.resolve(artifactOf(call));
    broken = false;
    throw ApplicationFailure.nonRetryable('exit code 1', 'TrainerCrashed');
  });
});
afterAll(() => pipeline.close());

/** Waits until the run says that it is held. */
function held(handle: WorkflowHandle): Promise<Progress> {
  return until('the run is held', async () => {
    const progress = await progressOf(handle);
    return progress.state === 'held' && progress;
  });
}

const stateOf = ({ stages }: Progress, stage: string) => stages.find(({ name }) => name === stage)?.state;

test('a failed GPU stage is held while everything that does not need it goes on', async () => {
  const handle = await pipeline.start(smallRecipe());
  const progress = await held(handle);
  expect(progress.message).toBe(`${teacher}: TrainerCrashed: exit code 1`);
  expect(stateOf(progress, teacher)).toBe('held');
  expect(stateOf(progress, 'evaluate/student/fold-0')).toBe('done');
  expect(stateOf(progress, 'student/fold-1')).toBe('waiting');
  expect(stateOf(progress, 'merge')).toBe('waiting');
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await handle.terminate();
});

test('retry looks the stage up again, runs it and finishes the run', async () => {
  const handle = await pipeline.start(smallRecipe());
  await held(handle);
  const answer = await decide(handle, { stage: teacher, action: 'retry' });
  expect(stateOf(answer, teacher)).not.toBe('held');
  await expect(handle.result()).resolves.toMatchObject({ skipped: [] });
  expect(pipeline.carriedOut.filter((name) => name === teacher)).toHaveLength(2);
  expect((await scheduledActivities(handle)).filter(({ type }) => type === 'train_teacher')).toHaveLength(3);
  expect(stateOf(await progressOf(handle), teacher)).toBe('done');
});

test('a stage that another run has made meanwhile is a hit on retry', async () => {
  const handle = await pipeline.start(smallRecipe());
  await held(handle);
  pipeline.lookUp = (call) => Promise.resolve(artifactOf(call));
  await decide(handle, { stage: teacher, action: 'retry' });
  await handle.result();
  expect(stateOf(await progressOf(handle), teacher)).toBe('hit');
  expect(pipeline.carriedOut.filter((name) => name === teacher)).toHaveLength(1);
});

test('skip leaves out the stage and all that need it; merge and measurement go on without the fold, which is named', async () => {
  const handle = await pipeline.start(smallRecipe());
  await held(handle);
  await decide(handle, { stage: teacher, action: 'skip' });
  const { skipped } = (await handle.result()) as { skipped: string[] };
  expect(skipped.sort()).toEqual([
    'evaluate/student/fold-1',
    'logits/teacher/fold-1',
    'student/fold-1',
    teacher,
  ]);
  const progress = await progressOf(handle);
  for (const stage of ['merge', 'quantize', 'submit', 'measure'])
    expect(stateOf(progress, stage)).toBe('done');
  expect(progress.stages.find(({ name }) => name === 'student/fold-1')?.message).toBe(
    'logits/teacher/fold-1 was skipped',
  );
});

test('a gate that cannot tell holds what waits for it; skipped, the run ends without it and is measured', async () => {
  pipeline.scripts.delete(teacher);
  pipeline.scripts.set('gate/merge', () => {
    throw ApplicationFailure.nonRetryable('the interval is too wide to tell', 'GateUndetermined');
  });
  const limit = { max_log_loss_rise: 0.003 };
  const handle = await pipeline.start(
    smallRecipe({ folds: { count: 2, blind_fraction: 0.2 }, gates: { merge: limit, quantize: limit } }),
  );
  const progress = await held(handle);
  expect(progress.message).toBe('gate/merge: GateUndetermined: the interval is too wide to tell');
  expect(stateOf(progress, 'quantize')).toBe('waiting');
  await decide(handle, { stage: 'gate/merge', action: 'skip' });
  const { skipped } = (await handle.result()) as { skipped: string[] };
  expect(skipped.sort()).toEqual([
    'evaluate/quantized',
    'gate/merge',
    'gate/quantize',
    'predict',
    'quantize',
    'submit',
  ]);
  expect(stateOf(await progressOf(handle), 'measure')).toBe('done');
});

test('abort fails the run with what had happened', async () => {
  const handle = await pipeline.start(smallRecipe());
  await held(handle);
  await decide(handle, { stage: teacher, action: 'abort' });
  await expect(handle.result()).rejects.toMatchObject({
    cause: { type: 'Aborted', message: `${teacher}: aborted by a person after TrainerCrashed: exit code 1` },
  });
  expect((await progressOf(handle)).state).toBe('failed');
});

test('a decision about a stage that is not held, or that nobody understands, is refused without a trace in the history', async () => {
  const handle = await pipeline.start(smallRecipe());
  await held(handle);
  const before = await eventCount(handle);
  for (const [decision, sentence] of [
    [{ stage: 'merge', action: 'retry' }, 'merge is waiting; only a held stage takes a decision'],
    [{ stage: 'nowhere', action: 'skip' }, 'no stage nowhere in this run'],
    [{ stage: teacher, action: 'hope' }, 'a decision is {stage, action: retry | skip | abort}'],
  ] as const) {
    await expect(decide(handle, decision as never)).rejects.toMatchObject({ cause: { message: sentence } });
  }
  expect(await eventCount(handle)).toBe(before);
  await handle.terminate();
});

test('of two answers to the same failure the second is refused, not kept for the next failure', async () => {
  pipeline.scripts.set(teacher, () => {
    throw ApplicationFailure.nonRetryable('exit code 1', 'TrainerCrashed');
  });
  const handle = await pipeline.start(smallRecipe());
  await held(handle);
  const answers = await Promise.allSettled([
    decide(handle, { stage: teacher, action: 'retry' }),
    decide(handle, { stage: teacher, action: 'abort' }),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await handle.terminate();
});

test('a held run that is cancelled ends', async () => {
  const handle = await pipeline.start(smallRecipe());
  await held(handle);
  await handle.cancel();
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  const progress = await progressOf(handle);
  expect(progress.state).toBe('cancelled');
  expect(stateOf(progress, teacher)).toBe('cancelled');
});

test('every run of this file can be replayed', async () => {
  const histories = await Promise.all(
    pipeline.started.map(async (handle) => [handle.workflowId, await handle.fetchHistory()] as const),
  );
  expect(histories.length).toBeGreaterThan(5);
  expect(await replayFaults(Object.fromEntries(histories))).toEqual({});
});
