import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { getRunFile } from '@nacre/artifact-store';
import { goodputSchema } from '@nacre/contracts/measurement';
import type { Progress } from '@nacre/contracts/run';
import { ensureServer, startLocalStack, stopLocalStack } from '@nacre/local-stack';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { copyStages, kindsBeforeTeachers } from './support/copy-stages.js';
import {
  drillRecipe,
  finishedDrill,
  startedRun,
  submissionOf,
  type FinishedDrill,
} from './support/drill-run.js';
import { livingProcesses } from './support/living-processes.js';
import { until } from './support/until.js';
import { Workplace } from './support/workplace.js';

let undisturbed: FinishedDrill;
beforeAll(async () => {
  undisturbed = await finishedDrill();
});
afterAll(() => undisturbed.place.close());

/** Starts the drill where only the stages before the teachers are known, and waits for a teacher's first step. */
async function untilTeacherTrains(place: Workplace): Promise<string> {
  await copyStages(undisturbed.place.store, place.store, kindsBeforeTeachers);
  const { code, stdout } = await place.nacre('--json', 'start', drillRecipe, '--detach');
  expect(code).toBe(0);
  const work = join(place.folder, '.nacre/work');
  await until(
    'a teacher has taken a step',
    () => existsSync(work) && readdirSync(work).some((folder) => trainsTeacher(join(work, folder, 'task'))),
    120,
    10,
  );
  return startedRun(stdout);
}

function trainsTeacher(folder: string): boolean {
  try {
    const request = readFileSync(join(folder, 'request.json'), 'utf8');
    return (
      request.includes('"teacher/') &&
      readFileSync(join(folder, 'events.jsonl'), 'utf8').includes('"step-end"')
    );
  } catch {
    return false; // Not begun, or over already.
  }
}

const inState = ({ stages }: Progress, ...states: string[]) =>
  stages.filter(({ state }) => states.includes(state)).map(({ name }) => name);

test('a worker killed in the middle of a teacher leaves no process; the next one finishes to the same bytes', async () => {
  const place = await Workplace.open('lost-worker');
  try {
    const first = await place.worker();
    const run = await untilTeacherTrains(place);
    await first.kill();
    await until('no process of the worker lives', () => livingProcesses(place.folder).length === 0, 10);

    const second = await place.worker();
    const before = await place.progress(run);
    expect(inState(before, 'hit').length).toBeGreaterThan(5);
    const { code } = await place.nacre('watch', run);
    expect(code).toBe(0);
    const after = await place.progress(run);
    await second.stop();
    expect(inState(after, 'hit')).toEqual(inState(before, 'hit'));
    expect(after.stages.some(({ kind, attempt }) => kind === 'train_teacher' && attempt > 1)).toBe(true);
    // Not ended_at: a query may be answered from a workflow task that was lost with the first worker.
    const computed = ({ stages }: Progress, name: string) => {
      const { state, attempt, artifact } = stages.find((stage) => stage.name === name) ?? {};
      return { state, attempt, artifact };
    };
    for (const name of inState(before, 'done')) {
      expect(computed(after, name)).toEqual(computed(before, name));
    }
    expect(await submissionOf(place, run)).toBe(undisturbed.submission);
    expect(livingProcesses(place.folder)).toEqual([]);
    const { run: time } = goodputSchema.parse(
      JSON.parse((await getRunFile(place.store, run, 'goodput.json'))?.toString('utf8') ?? ''),
    );
    expect(time.attempts.vanished).toBeGreaterThanOrEqual(1);
    expect(time.detection.count).toBe(time.attempts.vanished);
    expect(time.detection.seconds).toBeGreaterThan(0);
    expect(Math.abs(time.shares.unaccounted)).toBeLessThanOrEqual(0.01);
  } finally {
    await place.close();
  }
});

test('a run whose Temporal database was deleted goes on from the store when it is started again, to the same bytes', async () => {
  const stateFolder = mkdtempSync(join(tmpdir(), 'nacre-forgetful-'));
  const temporal = await startLocalStack({ stateFolder });
  const place = await Workplace.open('forgotten', { temporal, namespace: 'default' });
  try {
    const worker = await place.worker();
    const run = await untilTeacherTrains(place);
    process.kill(-temporal.pids.temporal, 'SIGKILL');
    for (const file of readdirSync(join(stateFolder, 'temporal'))) {
      if (file.startsWith('temporal.db')) rmSync(join(stateFolder, 'temporal', file));
    }
    await ensureServer('temporal', { stateFolder });

    const again = await place.nacre('--json', 'start', drillRecipe);
    expect(again).toMatchObject({ code: 0 });
    expect(startedRun(again.stdout)).toBe(run);
    const progress = await place.progress(run);
    await worker.stop();
    const before = progress.stages.filter(({ kind }) => kindsBeforeTeachers.includes(kind));
    expect(inState(progress, 'hit')).toEqual(expect.arrayContaining(before.map(({ name }) => name)));
    expect(inState(progress, 'hit', 'done')).toHaveLength(progress.stages.length);
    expect(inState(progress, 'done')).toContain('submit');
    expect(await submissionOf(place, run)).toBe(undisturbed.submission);
  } finally {
    await place.close();
    await stopLocalStack(stateFolder);
    rmSync(stateFolder, { recursive: true, force: true });
  }
});
