import { recordedRun, runFiles, type RecordedRun } from '@nacre/activities';
import { getRunFile } from '@nacre/artifact-store';
import { InvalidStudy } from '@nacre/contracts/errors';
import { workflowId } from '@nacre/contracts/recipe';
import { progressSchema } from '@nacre/contracts/run';
import { LOSS_UNIT, type MeasuredRun, type StudyResults } from '@nacre/contracts/study';

import { exitCodes, type ExitCode } from '../exit-codes.js';
import { followRun } from '../follow-run.js';
import type { Output } from '../output.js';
import type { Session } from '../session.js';
import { startRun } from '../start-run.js';
import { assertLocalSources, uploadLocalSources } from '../upload-local-sources.js';
import { blindLosses, hasMeasured, rowNames } from './blind-losses.js';
import type { StudyFile } from './read-study.js';
import { withRun, writeResults } from './results-file.js';
import { predictedTime, timeText, type Prediction } from './study-plan.js';
import type { StudyRun } from './study-runs.js';

/** What a study has come to, and how its last run ended. */
export interface StudyOutcome {
  readonly code: ExitCode;
  readonly results: StudyResults;
}

/**
 * Carries out the runs of a study one after the other and keeps what each is measured at. A run whose row stands in
 * the results, or that has finished in the store, is not started again; one that is still open is joined. The first
 * run that does not succeed ends the study; the same command goes on with it.
 *
 * @throws InvalidStudy when the rest is predicted to exceed the budget
 */
export async function runStudy(
  session: Session,
  file: StudyFile,
  runs: readonly StudyRun[],
  before: StudyResults,
  output: Output,
): Promise<StudyOutcome> {
  let results = before;
  const waiting: StudyRun[] = [];
  for (const run of runs) {
    await assertLocalSources(run.recipe);
    const recipe = await uploadLocalSources(run.recipe, session.store);
    const id = workflowId(recipe);
    if (
      results.runs.some(
        ({ arm, seed, workflow_id }) => arm === run.arm && seed === run.seed && workflow_id === id,
      )
    )
      continue;
    waiting.push({ ...run, recipe });
  }
  let told: Prediction['from'] | undefined;
  for (const [index, run] of waiting.entries()) {
    const rest = predictedTime(waiting.slice(index), results, file.study);
    if (rest?.from !== told || index === 0) tellPrediction(output, waiting.length - index, rest);
    told = rest?.from;
    assertWithinBudget(file, rest);
    const found = await finished(session, run, file);
    if (found === undefined) {
      const started = await startRun(session, run.recipe);
      output.message(`${run.arm}, seed ${String(run.seed)}: ${started.workflowId}`);
      const code = await followRun(session, started, output);
      if (code !== exitCodes.succeeded) return { code, results };
    }
    const record = found ?? (await recordedRun(session.store, workflowId(run.recipe)));
    results = await measured(session, file, run, record, results);
    const size = await writeResults(file.resultsFile, results);
    const row = results.runs.at(-1);
    output.event(
      {
        type: 'study-run',
        arm: run.arm,
        seed: run.seed,
        workflow_id: record.workflowId,
        seconds: row?.seconds,
      },
      `measured  ${run.arm}, seed ${String(run.seed)}  ${found === undefined ? timeText(row?.seconds ?? 0) : 'found finished'}`,
    );
    if (size > 200_000) output.message(`${file.resultsFile} has ${String(size)} bytes: too much to commit`);
  }
  return { code: exitCodes.succeeded, results };
}

/** The run as the store knows it, if it has succeeded and made what is measured. */
async function finished(
  { store }: Session,
  { recipe }: StudyRun,
  { study }: StudyFile,
): Promise<RecordedRun | undefined> {
  const id = workflowId(recipe);
  const progress = await getRunFile(store, id, runFiles.progress);
  if (progress === undefined) return undefined;
  if (progressSchema.parse(JSON.parse(progress.toString('utf8'))).state !== 'succeeded') return undefined;
  const run = await recordedRun(store, id);
  return hasMeasured(run, study.measured) ? run : undefined;
}

async function measured(
  { store }: Session,
  { study, resultsFile }: StudyFile,
  { arm, seed }: StudyRun,
  run: RecordedRun,
  results: StudyResults,
): Promise<StudyResults> {
  const blind = await blindLosses(store, run, study.measured);
  if (results.runs.length > 0 && results.loss !== blind.loss) {
    throw new InvalidStudy(
      `${resultsFile} holds losses against ${results.loss}, ${run.workflowId} has them against ${blind.loss}; all arms need the same`,
    );
  }
  const { digest, groups } = rowNames(blind);
  const row: MeasuredRun = {
    ...{ arm, seed, workflow_id: run.workflowId },
    ...workOf(run),
    rows: digest,
    losses: blind.losses.map((loss) => Math.round(loss / LOSS_UNIT)),
  };
  return withRun({ ...results, loss: blind.loss }, row, groups);
}

function workOf({ stages }: RecordedRun): Pick<MeasuredRun, 'seconds' | 'computed' | 'reused'> {
  const done = stages.filter(({ state }) => state === 'done');
  const times = done.flatMap(({ started_at, ended_at }) =>
    started_at === null || ended_at === null ? [] : [started_at, ended_at],
  );
  const seconds = times.length === 0 ? 0 : (Math.max(...times) - Math.min(...times)) / 1000;
  return {
    seconds: Math.round(seconds * 10) / 10,
    computed: done.length,
    reused: stages.filter(({ state }) => state === 'hit').length,
  };
}

function tellPrediction(output: Output, runs: number, prediction: Prediction | undefined): void {
  const from = {
    measured: 'by the runs measured so far',
    estimate: 'by the estimate in the study file',
  } as const;
  output.event(
    { type: 'study-prediction', runs, seconds: prediction?.seconds ?? null, from: prediction?.from ?? null },
    prediction === undefined
      ? `predicted  nothing yet for ${String(runs)} runs: the first is measured, then the rest is predicted`
      : `predicted  ${timeText(prediction.seconds)} for ${String(runs)} runs, ${from[prediction.from]}`,
  );
}

function assertWithinBudget({ file, study }: StudyFile, rest: Prediction | undefined): void {
  const { budget_minutes: budget } = study;
  if (budget === undefined || rest === undefined || rest.seconds <= 60 * budget) return;
  throw new InvalidStudy(
    `${file}: ${timeText(rest.seconds)} are predicted for what is left, more than budget_minutes: ${String(budget)}; raise it, or ask less`,
  );
}
