import type { Study, StudyResults } from '@nacre/contracts/study';
import { dryRun, stagesUntil } from '@nacre/stages';

import type { StudyRun } from './study-runs.js';

/** How many stages the runs of a study ask for, and how many of them are different ones. */
export interface StudyStages {
  readonly asked: number;
  /** What is computed on an empty store: a stage that several runs ask for is computed once. */
  readonly distinct: number;
}

/** How long runs will take, and what says so. */
export interface Prediction {
  readonly seconds: number;
  /** measured: runs of the same arm, of any arm where it has none; estimate: the study file. */
  readonly from: 'measured' | 'estimate';
}

/** Counts the stages of all runs, each until what is measured, by the keys of a dry run. */
export async function studyStages(runs: readonly StudyRun[]): Promise<StudyStages> {
  const keys = new Set<string>();
  let asked = 0;
  for (const { recipe } of runs) {
    const planned = await dryRun(recipe);
    const wanted = stagesUntil(planned, recipe.run.until);
    for (const { name, key } of planned) {
      if (!wanted.has(name)) continue;
      asked += 1;
      keys.add(key);
    }
  }
  return { asked, distinct: keys.size };
}

/**
 * Time that these runs will take one after the other. A run counts as the mean of the measured runs of its arm; they
 * shared stages with the arms before them, and so will it. undefined where nothing was measured and nothing is
 * estimated: then the first run is measured.
 */
export function predictedTime(
  runs: readonly Pick<StudyRun, 'arm'>[],
  { runs: measured }: Pick<StudyResults, 'runs'>,
  { estimate_seconds: estimate }: Pick<Study, 'estimate_seconds'>,
): Prediction | undefined {
  const timed = measured.filter(({ computed }) => computed > 0);
  if (timed.length === 0) {
    return estimate === undefined ? undefined : { seconds: estimate * runs.length, from: 'estimate' };
  }
  const mean = (of: readonly { readonly seconds: number }[]) =>
    of.reduce((sum, { seconds }) => sum + seconds, 0) / of.length;
  const ofArm = (arm: string) => timed.filter((run) => run.arm === arm);
  const seconds = runs.reduce((sum, { arm }) => {
    const own = ofArm(arm);
    return sum + mean(own.length > 0 ? own : timed);
  }, 0);
  return { seconds, from: 'measured' };
}

/** 5400 is "1 h 30 min". */
export function timeText(seconds: number): string {
  if (seconds < 60) return `${String(Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${String(minutes)} min` : `${String(hours)} h ${String(minutes % 60)} min`;
}
