import { gpuQueue } from '@nacre/contracts/queues';
import { resolveRecipe, type RecipeInput } from '@nacre/contracts/recipe';
import { dryRun } from '@nacre/stages';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { eventCount, scheduledActivities } from './support/recorded-events.js';
import { replayFaults } from './support/replay-faults.js';
import { artifactOf, ScriptedPipeline } from './support/scripted-pipeline.js';
import { smallRecipe } from './support/small-recipe.js';
import { tierServers } from './support/tier-servers.js';
import { progressOf } from './support/told-run.js';
import { until } from './support/until.js';

let pipeline: ScriptedPipeline;
beforeAll(async () => {
  pipeline = await ScriptedPipeline.open(await tierServers());
});
beforeEach(() => pipeline.reset());
afterAll(() => pipeline.close());

describe('a run', () => {
  test('carries every stage of the recipe out once and names the readable copies', async () => {
    const recipe = resolveRecipe(smallRecipe());
    const handle = await pipeline.start(recipe);
    await expect(handle.result()).resolves.toEqual({
      workflow_id: handle.workflowId,
      skipped: [],
      files: [`runs/${handle.workflowId}/succeeded`],
    });
    const planned = (await dryRun(recipe)).map(({ name }) => name);
    expect([...pipeline.carriedOut].sort()).toEqual([...planned].sort());
    const { state, stages, waits_for } = await progressOf(handle);
    expect(state).toBe('succeeded');
    expect(waits_for).toEqual([]);
    expect(stages.map(({ name }) => name)).toEqual(planned);
    expect(new Set(stages.map(({ state }) => state))).toEqual(new Set(['done']));
  });

  test('that finds every stage in the store schedules no data and no GPU activity', async () => {
    pipeline.lookUp = (call) => Promise.resolve(artifactOf(call));
    const handle = await pipeline.start(smallRecipe());
    await handle.result();
    const queues = new Set((await scheduledActivities(handle)).map(({ queue }) => queue));
    expect(queues).toEqual(new Set(['nacre-control']));
    expect(pipeline.carriedOut).toEqual([]);
    expect((await progressOf(handle)).stages.every(({ state }) => state === 'hit')).toBe(true);
  });

  test('whose data are invalid fails with the sentence of the stage, once, and reaches no GPU queue', async () => {
    const sentence = 'train.csv, row 3, column prompt: not JSON; correct the cell';
    pipeline.scripts.set('prepare/train', () => {
      throw ApplicationFailure.nonRetryable(sentence, 'InvalidData');
    });
    const handle = await pipeline.start(smallRecipe());
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'InvalidData', message: `prepare/train: ${sentence}` },
    });

    const { state, message, stages } = await progressOf(handle);
    expect({ state, message }).toEqual({ state: 'failed', message: `prepare/train: ${sentence}` });
    expect(stages.filter(({ state }) => state === 'failed').map(({ name }) => name)).toEqual([
      'prepare/train',
    ]);
    expect(stages.find(({ name }) => name === 'submit')).toMatchObject({ state: 'waiting', message: null });
    const queues = (await scheduledActivities(handle)).map(({ queue }) => queue);
    expect(queues).not.toContain(gpuQueue('local'));
  });

  test('whose data stage fails in a way that nobody foresaw fails too: no GPU has been used that would be worth waiting for', async () => {
    pipeline.scripts.set('folds', () => {
      throw ApplicationFailure.nonRetryable('x is not a function', 'TypeError');
    });
    const handle = await pipeline.start(smallRecipe());
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'TypeError', message: 'folds: x is not a function' },
    });
  });

  test('tries a stage again whose worker was lost, without a word in its history', async () => {
    let attempts = 0;
    pipeline.scripts.set('merge', (call, { info }) => {
      attempts = info.attempt;
      if (info.attempt < 3)
        throw ApplicationFailure.create({ message: 'killed', type: 'NodeLost', nextRetryDelay: '10ms' });
      return Promise.resolve(artifactOf(call));
    });
    const handle = await pipeline.start(smallRecipe());
    await handle.result();
    expect(attempts).toBe(3);
    expect((await scheduledActivities(handle)).filter(({ type }) => type === 'merge')).toHaveLength(1);
    expect((await progressOf(handle)).stages.find(({ name }) => name === 'merge')).toMatchObject({
      state: 'done',
      attempt: 3,
    });
  });

  test('admits lower folds first, and no more GPU stages at a time than its pool has room for', async () => {
    let running = 0;
    let most = 0;
    const started: string[] = [];
    const recipe = resolveRecipe(smallRecipe({ folds: { count: 4, blind_fraction: 0 } }));
    const teachers = [0, 1, 2, 3].map((fold) => `teacher/teacher/fold-${String(fold)}`);
    // The first teachers fill the pool until all of the others wait for room.
    const allAsk = async (handle: WorkflowHandle) => {
      const { stages } = await progressOf(handle);
      return (
        stages.filter(
          ({ name, state }) => teachers.includes(name) && state !== 'waiting' && state !== 'looking_up',
        ).length === 4
      );
    };
    const handle = await pipeline.start(recipe);
    for (const { name, pool } of await dryRun(recipe)) {
      if (pool !== 'gpu') continue;
      pipeline.scripts.set(name, async (call, context) => {
        started.push(name);
        most = Math.max(most, (running += 1));
        if (teachers.includes(name)) {
          await until('all teachers wait', () => {
            context.heartbeat();
            return allAsk(handle);
          });
        }
        running -= 1;
        return artifactOf(call);
      });
    }
    await handle.result();
    expect(most).toBe(2);
    const begun = started.filter((name) => teachers.includes(name));
    expect(begun.slice(2)).toEqual(teachers.filter((name) => !begun.slice(0, 2).includes(name)));
  });

  test('that is cancelled stops its running stages and ends only when they have ended', async () => {
    let stopped = false;
    pipeline.scripts.set('teacher/teacher/fold-0', async (_call, context) => {
      const beat = setInterval(() => {
        context.heartbeat();
      }, 100);
      try {
        return await context.cancelled;
      } finally {
        clearInterval(beat);
        await new Promise((resolve) => setTimeout(resolve, 500)); // A last step, and its clean-up.
        stopped = true;
      }
    });
    const handle = await pipeline.start(smallRecipe());
    await until('the teacher runs', () => pipeline.carriedOut.includes('teacher/teacher/fold-0'));
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(stopped).toBe(true);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    const { state, stages } = await progressOf(handle);
    expect(state).toBe('cancelled');
    expect(stages.find(({ name }) => name === 'teacher/teacher/fold-0')?.state).toBe('cancelled');
    expect(pipeline.carriedOut).not.toContain('student/fold-0');
  });

  test('is not disturbed by signals that nobody understands', async () => {
    const handle = await pipeline.start(smallRecipe());
    for (const nonsense of [
      undefined,
      'x',
      { name: 7 },
      { name: 'no such stage', phase: 'started', attempt: 1 },
    ]) {
      await handle.signal('stageSignal', nonsense);
    }
    await expect(handle.result()).resolves.toMatchObject({ skipped: [] });
  });
});

test('five folds stay below 2,000 events, however often their stages are looked up while another run holds them', async () => {
  const attempts = new Map<string, number>();
  pipeline.lookUp = (call, { info }) => {
    attempts.set(call.name, info.attempt);
    if (info.attempt >= (call.name === 'folds' ? 12 : 2)) return Promise.resolve(null);
    throw ApplicationFailure.create({
      message: 'another run works on it',
      type: 'StageHeld',
      nextRetryDelay: '1ms',
    });
  };
  const { models, data } = smallRecipe();
  const recipe = resolveRecipe(
    smallRecipe({
      data: { ...data, extra: { synthetic: { rows: 5, seed: 3 } }, ut: { synthetic: { rows: 5, seed: 4 } } },
      folds: { count: 5 },
      models: Object.fromEntries(
        ['one', 'two', 'pupil'].map((name) => [name, models['pupil']]),
      ) as RecipeInput['models'],
      teachers: { one: {}, two: {} },
      post_pretrain: { data: 'ut' },
      controls: { student_alone: true },
    }),
  );
  const handle = await pipeline.start(recipe);
  await handle.result();
  const planned = await dryRun(recipe);
  expect(attempts.get('folds')).toBe(12);
  expect([...attempts.values()].filter((count) => count === 2)).toHaveLength(planned.length - 1);
  const lookUps = (await scheduledActivities(handle)).filter(({ type }) => type === 'lookUpStage');
  expect(lookUps).toHaveLength(planned.length);
  expect(await eventCount(handle)).toBeLessThan(2000);
});

test('every run of this file can be replayed', async () => {
  const histories = await Promise.all(
    pipeline.started.map(async (handle) => [handle.workflowId, await handle.fetchHistory()] as const),
  );
  expect(histories.length).toBeGreaterThan(5);
  expect(await replayFaults(Object.fromEntries(histories))).toEqual({});
});
