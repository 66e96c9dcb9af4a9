import { readLedgers } from '@nacre/activities';
import { listCheckpoints } from '@nacre/artifact-store';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { controlWorker } from './support/control-worker.js';
import { copyStages, kindsBeforeTeachers } from './support/copy-stages.js';
import { drillRecipe, finishedDrill, startedRun, type FinishedDrill } from './support/drill-run.js';
import { otherBuild } from './support/other-build.js';
import { workflowBundle } from './support/scripted-pipeline.js';
import { TrainingTask } from './support/training-task.js';
import { until } from './support/until.js';
import { Workplace } from './support/workplace.js';

const teacher = 'teacher/llama-tiny/fold-0';
/** Long enough for a few checkpoints. */
const settings = ['--until', teacher, '--set', 'teachers.llama-tiny.epochs=40'];

let known: FinishedDrill;
beforeAll(async () => {
  known = await finishedDrill();
});
afterAll(() => known.place.close());

/** A place where everything before the teachers is known, with real workers for stages. */
async function placeToTrain(name: string): Promise<Workplace> {
  const place = await Workplace.open(name);
  onTestFinished(() => place.close());
  await copyStages(known.place.store, place.store, kindsBeforeTeachers);
  await place.worker('data,gpu');
  return place;
}

async function contentOfTeacher(place: Workplace, run: string): Promise<string | undefined> {
  const { stages } = await place.progress(run);
  return stages.find(({ name }) => name === teacher)?.artifact?.content_id;
}

test('restart in the middle of a training onto a build that cannot replay the run: the same bytes, and no checkpoint is lost', async () => {
  const undisturbed = await placeToTrain('undisturbed');
  const stopFirst = await controlWorker(undisturbed, workflowBundle);
  const started = await undisturbed.nacre('--json', 'start', drillRecipe, ...settings);
  expect(started).toMatchObject({ code: 0 });
  const bytes = await contentOfTeacher(undisturbed, startedRun(started.stdout));
  await stopFirst();

  const place = await placeToTrain('upgrade');
  const stop = await controlWorker(place, workflowBundle);
  const { stdout } = await place.nacre('--json', 'start', drillRecipe, '--detach', ...settings);
  const run = startedRun(stdout);
  const task = await TrainingTask.of(place, teacher);
  const checkpoint = await until(
    'a checkpoint is in the store',
    async () => (await listCheckpoints(place.store, task.key))[0],
    60,
    20,
  );
  task.stop();
  await stop();
  const stopOther = await controlWorker(place, otherBuild());
  const restarted = place.nacre('restart', run);
  await task.continueWhenTold();
  const { code, stderr } = await restarted;
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('TMPRL1100') as string });
  expect(await contentOfTeacher(place, run)).toBe(bytes);
  await task.gone();
  await stopOther();

  const attempts = (await readLedgers(place.store, run))
    .filter(({ stage }) => stage === teacher)
    .sort((left, right) => left.term - right.term);
  expect(attempts.length).toBeGreaterThan(1);
  expect(attempts.at(-1)?.ended).toBe('done');
  expect(attempts.at(-1)?.first_step).toBeGreaterThanOrEqual(checkpoint.step);
});
