import { readLedgers } from '@nacre/activities';
import { listCheckpoints, readRegister } from '@nacre/artifact-store';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { copyStages, kindsBeforeTeachers } from './support/copy-stages.js';
import {
  drillRecipe,
  finishedDrill,
  startedRun,
  submissionOf,
  type FinishedDrill,
} from './support/drill-run.js';
import { livingProcesses } from './support/living-processes.js';
import { TrainingTask } from './support/training-task.js';
import { until } from './support/until.js';
import { Workplace } from './support/workplace.js';

const kindsBeforeStudents = [...kindsBeforeTeachers, 'train_teacher', 'export_logits'];
const teacher = 'teacher/llama-tiny/fold-0';

let undisturbed: FinishedDrill;
beforeAll(async () => {
  undisturbed = await finishedDrill();
});
afterAll(() => undisturbed.place.close());

/** A place of its own where the stages of some kinds are known already; closed when the test ends. */
async function placeWith(name: string, kinds: readonly string[]): Promise<Workplace> {
  const place = await Workplace.open(name);
  onTestFinished(() => place.close());
  await copyStages(undisturbed.place.store, place.store, kinds);
  return place;
}

async function start(place: Workplace, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.nacre('--json', 'start', drillRecipe, '--detach', ...words);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return startedRun(stdout);
}

/** What `temporal workflow describe` says about the activity of a stage, once it has sent a heartbeat. */
async function activityOf(
  place: Workplace,
  run: string,
  stage: string,
): Promise<PendingActivity | undefined> {
  const { stdout } = await place.temporal('workflow', 'describe', '-w', run, '-o', 'json');
  const { pendingActivities = [] } = JSON.parse(stdout) as { pendingActivities?: PendingActivity[] };
  return pendingActivities.find(({ heartbeatDetails }) => heartbeatDetails?.[0]?.stage === stage);
}

interface PendingActivity {
  readonly activityId: string;
  readonly state: string;
  readonly heartbeatDetails?: readonly { readonly stage: string }[];
}

test('temporal activity pause, unpause and reset: a training leaves a checkpoint, goes on from it, and its bytes are the same', async () => {
  const place = await placeWith('paused', kindsBeforeTeachers);
  const worker = await place.worker();
  const run = await start(place);
  const tell = async (...words: string[]) => {
    const { activityId } = await until(`${teacher} is told of`, () => activityOf(place, run, teacher));
    const told = await place.temporal('activity', ...words, '-w', run, '--activity-id', activityId);
    expect(told).toMatchObject({ code: 0 });
  };

  const paused = await TrainingTask.of(place, teacher);
  paused.stop();
  await tell('pause', '--reason', 'a look at the node');
  await paused.continueWhenTold();
  await paused.gone();
  await until(
    'the activity is paused',
    async () => (await activityOf(place, run, teacher))?.state === 'PENDING_ACTIVITY_STATE_PAUSED',
  );
  const [checkpoint] = await listCheckpoints(place.store, paused.key);
  expect(checkpoint?.step).toBeGreaterThan(0);

  await tell('unpause');
  const unpaused = await TrainingTask.of(place, teacher, [paused]);
  unpaused.stop();
  await tell('reset');
  await unpaused.continueWhenTold();
  await unpaused.gone();

  const watched = await place.nacre('watch', run);
  expect(watched).toMatchObject({ code: 0 });
  await worker.stop();
  const attempts = (await readLedgers(place.store, run))
    .filter(({ stage }) => stage === teacher)
    .sort((left, right) => left.term - right.term);
  expect(attempts.length).toBeGreaterThanOrEqual(3);
  expect(attempts[1]?.first_step).toBe(checkpoint?.step);
  expect(attempts.at(-1)?.ended).toBe('done');
  expect(await submissionOf(place, run)).toBe(undisturbed.submission);
  expect(livingProcesses(place.folder)).toEqual([]);
});

test('two runs that need the same trainings at the same time: each is trained once, the other run takes what was made', async () => {
  const place = await placeWith('twins', kindsBeforeTeachers);
  const worker = await place.worker();
  const runs = await Promise.all([
    start(place, '--until', 'teacher/'),
    start(place, '--until', 'teacher/', '--set', 'name=twin'),
  ]);
  expect(new Set(runs).size).toBe(2);
  for (const run of runs) expect(await place.nacre('watch', run)).toMatchObject({ code: 0 });
  const attempts = (await Promise.all(runs.map((run) => readLedgers(place.store, run)))).flat();
  const trained = attempts.filter(({ kind }) => kind === 'train_teacher');
  expect(trained.map(({ stage }) => stage).sort()).toEqual([teacher, 'teacher/llama-tiny/fold-1']);
  for (const { key } of trained) {
    const found = await readRegister(place.store, 'train_teacher', key);
    expect(found?.register).toMatchObject({ state: 'published', term: 1 });
  }
  const made = await Promise.all(
    runs.map(async (run) =>
      (await place.progress(run)).stages.flatMap(({ kind, artifact }) =>
        kind === 'train_teacher' ? [artifact?.manifest_id] : [],
      ),
    ),
  );
  expect(made[0]).toHaveLength(2);
  expect(made[0]).toEqual(made[1]);
  await worker.stop();
});

test('of a training with two ranks a killed rank takes the others along, and so does a killed launcher; then it ends with the same bytes', async () => {
  const place = await placeWith('ranks', kindsBeforeStudents);
  const worker = await place.worker();
  const run = await start(place);
  const first = await TrainingTask.of(place, 'student/fold-0');
  const ranks = first.ranks();
  expect(ranks).toHaveLength(2);
  process.kill(ranks[1] ?? 0, 'SIGKILL');
  await first.gone();

  const second = await TrainingTask.of(place, 'student/fold-0', [first]);
  expect(second.processes()).toHaveLength(3);
  process.kill(second.leader, 'SIGKILL');
  await second.gone();

  expect(await place.nacre('watch', run)).toMatchObject({ code: 0 });
  await worker.stop();
  expect(await submissionOf(place, run)).toBe(undisturbed.submission);
  expect(livingProcesses(place.folder)).toEqual([]);
});

test('a cancelled run ends its ranks, saves where they were, and leaves no process behind', async () => {
  const place = await placeWith('cancelled', kindsBeforeStudents);
  const worker = await place.worker();
  const run = await start(place);
  const task = await TrainingTask.of(place, 'student/fold-0');
  expect(task.processes()).toHaveLength(3);
  task.stop();
  const cancelled = place.nacre('cancel', run);
  await task.continueWhenTold();
  expect((await cancelled).code).toBe(0);
  await task.gone();
  await until('the run is cancelled', async () => {
    const { stdout } = await place.temporal('workflow', 'describe', '-w', run, '-o', 'json');
    return stdout.includes('WORKFLOW_EXECUTION_STATUS_CANCELED');
  });
  expect((await listCheckpoints(place.store, task.key))[0]?.step).toBeGreaterThan(0);
  await worker.stop();
  expect(livingProcesses(place.folder)).toEqual([]);
});
