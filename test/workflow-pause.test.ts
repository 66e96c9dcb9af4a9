import type { Progress } from '@nacre/contracts/run';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { eventCount, scheduledActivities } from './support/recorded-events.js';
import { replayFaults } from './support/replay-faults.js';
import { runProgram } from './support/run-program.js';
import { artifactOf, ScriptedPipeline, workUntilTold } from './support/scripted-pipeline.js';
import { smallRecipe } from './support/small-recipe.js';
import { tierServers } from './support/tier-servers.js';
import { decide, pause, progressOf, resume } from './support/told-run.js';
import { until } from './support/until.js';
import { root, temporalProgram } from './support/workplace.js';

const teachers = ['teacher/teacher/fold-0', 'teacher/teacher/fold-1'];
const [teacher = ''] = teachers;

let pipeline: ScriptedPipeline;
let stopControl: () => Promise<void>;
beforeAll(async () => {
  pipeline = await ScriptedPipeline.open(await tierServers(), ['data', 'gpu']);
  stopControl = await pipeline.work('control');
});
beforeEach(() => pipeline.reset());
afterAll(() => pipeline.close());

const stateOf = ({ stages }: Progress, stage: string) => stages.find(({ name }) => name === stage)?.state;

/** Lets the teachers work until they are told to stop the first time, and at once the next. */
function teachersTrain(): void {
  for (const name of teachers) {
    let first = true;
    pipeline.scripts.set(name, (call, context) => {
      if (!first) return Promise.resolve(artifactOf(call));
      first = false;
      return workUntilTold(call, context);
    });
  }
}

/** Starts a run and waits until both teachers train. */
async function untilTeachersTrain(): Promise<WorkflowHandle> {
  const handle = await pipeline.start(smallRecipe());
  await until('both teachers train', async () => {
    const progress = await progressOf(handle);
    return teachers.every((name) => stateOf(progress, name) === 'running');
  });
  return handle;
}

/** Waits until nothing of a paused run runs any more. */
function stopped(handle: WorkflowHandle): Promise<Progress> {
  return until('nothing runs', async () => {
    const progress = await progressOf(handle);
    return progress.stages.every(({ state }) => state !== 'running' && state !== 'queued') && progress;
  });
}

const trainings = async (handle: WorkflowHandle) =>
  (await scheduledActivities(handle)).filter(({ type }) => type === 'train_teacher').length;

describe('a paused run', () => {
  beforeEach(teachersTrain);

  test('stops what runs, starts nothing, and goes on where it was when it is resumed', async () => {
    const handle = await untilTeachersTrain();
    const answer = await pause(handle, 'the node is needed');
    expect(answer).toMatchObject({ state: 'paused', message: 'paused: the node is needed' });
    const paused = await stopped(handle);
    expect(teachers.map((name) => stateOf(paused, name))).toEqual(['paused', 'paused']);
    expect(await trainings(handle)).toBe(2);
    const events = await eventCount(handle);
    expect(await pause(handle, 'another reason')).toMatchObject({ message: 'paused: the node is needed' });
    // The second pause alone: its update and the workflow task that answered it.
    expect((await eventCount(handle)) - events).toBeLessThanOrEqual(5);

    const resumed = await resume(handle);
    expect(resumed).toMatchObject({ state: 'running', message: null });
    await expect(handle.result()).resolves.toMatchObject({ skipped: [] });
    expect(await trainings(handle)).toBe(4);
    expect(new Set((await progressOf(handle)).stages.map(({ state }) => state))).toEqual(new Set(['done']));
  });

  test('stays paused when the worker of its workflow is another one', async () => {
    const handle = await untilTeachersTrain();
    await pause(handle);
    await stopped(handle);
    await stopControl();
    await pipeline.work('control');
    expect(await progressOf(handle)).toMatchObject({ state: 'paused', message: 'paused: no reason given' });
    expect(pipeline.carriedOut.filter((name) => name === teacher)).toHaveLength(1);
    await resume(handle);
    await handle.result();
  });

  test('can be cancelled', async () => {
    const handle = await untilTeachersTrain();
    await pause(handle);
    await stopped(handle);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const progress = await progressOf(handle);
    expect(progress.state).toBe('cancelled');
    expect(stateOf(progress, teacher)).toBe('cancelled');
  });

  test('takes the decision about a held stage and obeys it when it is resumed', async () => {
    let broken = true;
    pipeline.scripts.set(teacher, (call) => {
      if (!broken) return Promise.resolve(artifactOf(call));
      broken = false;
      throw ApplicationFailure.nonRetryable('exit code 1', 'TrainerCrashed');
    });
    const handle = await pipeline.start(smallRecipe());
    await until('one is held while the other trains', async () => {
      const progress = await progressOf(handle);
      return stateOf(progress, teacher) === 'held' && stateOf(progress, teachers[1] ?? '') === 'running';
    });
    await pause(handle);
    await stopped(handle);
    const answer = await decide(handle, { stage: teacher, action: 'retry' });
    expect([answer.state, stateOf(answer, teacher)]).toEqual(['paused', 'waiting']);
    await resume(handle);
    await expect(handle.result()).resolves.toMatchObject({ skipped: [] });
  });

  test('keeps what a stage had made when it was told to stop too late', async () => {
    pipeline.scripts.set(teacher, async (call, context) => {
      await workUntilTold(call, context).catch(() => undefined);
      return artifactOf(call);
    });
    const handle = await untilTeachersTrain();
    await pause(handle);
    const paused = await stopped(handle);
    expect(stateOf(paused, teacher)).toBe('done');
    expect(stateOf(paused, 'logits/teacher/fold-0')).toBe('waiting');
    await resume(handle);
    await handle.result();
    expect(pipeline.carriedOut.filter((name) => name === teacher)).toHaveLength(1);
  });

  test('counts a stage whose worker was lost meanwhile as stopped, not as failed', async () => {
    pipeline.scripts.set(teacher, async (call, context) => {
      if (pipeline.carriedOut.filter((name) => name === teacher).length > 1) return artifactOf(call);
      await workUntilTold(call, context).catch(() => undefined);
      throw ApplicationFailure.create({ message: 'killed', type: 'NodeLost' });
    });
    const handle = await untilTeachersTrain();
    await pause(handle);
    expect(stateOf(await stopped(handle), teacher)).toBe('paused');
    await resume(handle);
    await expect(handle.result()).resolves.toMatchObject({ skipped: [] });
  });
});

test('a pause that nobody understands is refused, and resuming a run that is not paused changes nothing', async () => {
  teachersTrain();
  const handle = await untilTeachersTrain();
  await expect(handle.executeUpdate('pause', { args: ['now'] })).rejects.toMatchObject({
    cause: { message: 'a pause is {reason: text of at most 200 letters, or null}' },
  });
  expect(await resume(handle)).toMatchObject({ state: 'running' });
  await handle.terminate();
});

describe("Temporal's own commands on the activity of a stage", () => {
  const activity = async (handle: WorkflowHandle, ...words: string[]) => {
    const { raw } = await handle.describe();
    const id = raw.pendingActivities?.find(
      ({ activityType }) => activityType?.name === 'train_teacher',
    )?.activityId;
    const place = ['--address', pipeline.address, '--namespace', pipeline.namespace];
    const line = [
      'activity',
      ...words,
      '--activity-id',
      id ?? '',
      '--workflow-id',
      handle.workflowId,
      ...place,
    ];
    const ended = await runProgram(temporalProgram, line, root, {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
    });
    expect(ended).toMatchObject({ code: 0 });
  };

  test.each([
    ['pause', ['pause', '--reason', 'the node is needed'], ['unpause']],
    ['reset', ['reset'], undefined],
  ] as const)(
    '%s stops it; the run neither fails nor holds it, and the next attempt finishes',
    async (_, first, then) => {
      let stops = 0;
      pipeline.scripts.set(teacher, async (call, context) => {
        if (context.info.attempt > 1) return artifactOf(call);
        return workUntilTold(call, context).finally(() => {
          stops += 1;
        });
      });
      const handle = await pipeline.start(smallRecipe({ folds: { count: 2, blind_fraction: 0 } }));
      await until('the teacher trains', async () => stateOf(await progressOf(handle), teacher) === 'running');
      await activity(handle, ...first);
      await until('it has been told to stop', () => stops === 1);
      if (then !== undefined) {
        expect(await progressOf(handle)).toMatchObject({ state: 'running' });
        await activity(handle, ...then);
      }
      await expect(handle.result()).resolves.toMatchObject({ skipped: [] });
      expect(await trainings(handle)).toBe(2);
    },
  );
});

test('every run of this file can be replayed', async () => {
  const histories = await Promise.all(
    pipeline.started.map(async (handle) => [handle.workflowId, await handle.fetchHistory()] as const),
  );
  expect(histories.length).toBeGreaterThan(5);
  expect(await replayFaults(Object.fromEntries(histories))).toEqual({});
});
