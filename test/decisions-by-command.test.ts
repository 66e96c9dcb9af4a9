import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { artifactOf, ScriptedPipeline } from './support/scripted-pipeline.js';
import { smallRecipe } from './support/small-recipe.js';
import { tierServers } from './support/tier-servers.js';
import { progressOf } from './support/told-run.js';
import { until } from './support/until.js';
import { Workplace } from './support/workplace.js';

const teacher = 'teacher/teacher/fold-1';

let place: Workplace;
let pipeline: ScriptedPipeline;
beforeAll(async () => {
  const stack = await tierServers();
  place = await Workplace.open('decisions');
  pipeline = await ScriptedPipeline.open(stack, undefined, place.namespace);
});
afterAll(async () => {
  await pipeline.close();
  await place.close();
});

/** A run whose second teacher crashes once, when it is held. */
async function heldRun(): Promise<WorkflowHandle> {
  pipeline.reset();
  let broken = true;
  pipeline.scripts.set(teacher, (call) => {
    if (!broken) return Promise.resolve(artifactOf(call));
    broken = false;
    throw ApplicationFailure.nonRetryable('exit code 1', 'TrainerCrashed');
  });
  const handle = await pipeline.start(smallRecipe());
  await until('the run is held', async () => (await progressOf(handle)).state === 'held');
  return handle;
}

test('nacre retry --skip leaves the stage out, and the run ends without its fold', async () => {
  const handle = await heldRun();
  expect(await place.nacre('retry', handle.workflowId, teacher, '--skip')).toEqual({
    code: 0,
    stdout: `${teacher}: skip\n`,
    stderr: '',
  });
  const { skipped } = (await handle.result()) as { skipped: string[] };
  expect(skipped).toEqual(expect.arrayContaining([teacher, 'student/fold-1']));
  expect(await place.nacre('retry', handle.workflowId, teacher, '--skip')).toMatchObject({
    code: 2,
    stderr: `nacre: ${handle.workflowId} has ended (completed); only an open run can be told anything\n`,
  });
});

test('nacre retry runs the stage again; a stage that is not held takes no decision', async () => {
  const handle = await heldRun();
  expect(await place.nacre('retry', handle.workflowId, 'merge')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'nacre: merge is waiting; only a held stage takes a decision\n',
  });
  expect(await place.nacre('--json', 'retry', handle.workflowId, teacher)).toMatchObject({
    code: 0,
    stdout: `${JSON.stringify({ type: 'decision', workflow_id: handle.workflowId, stage: teacher, action: 'retry' })}\n`,
  });
  await expect(handle.result()).resolves.toMatchObject({ skipped: [] });
});

test('nacre retry --abort fails the run; watching it ends with 1 and says why', async () => {
  const handle = await heldRun();
  expect(await place.nacre('retry', handle.workflowId, teacher, '--abort')).toMatchObject({ code: 0 });
  const { code, stdout } = await place.nacre('watch', handle.workflowId);
  expect(code).toBe(1);
  expect(stdout).toContain(
    `run ${handle.workflowId} failed\n${teacher}: aborted by a person after TrainerCrashed: exit code 1\n`,
  );
});
