import { join } from 'node:path';

import { getRunFile } from '@nacre/artifact-store';

import { root, Workplace } from './workplace.js';

/** The smallest recipe with every stage. */
export const drillRecipe = join(root, 'recipes/drill.yaml');

/** The workflow id in the output of `nacre --json start`. */
export function startedRun(stdout: string): string {
  const line = stdout.split('\n').find((text) => text.includes('"run-start"'));
  return (JSON.parse(line ?? '{}') as { workflow_id?: string }).workflow_id ?? '';
}

/** The submission among the readable copies of a run. */
export async function submissionOf({ store }: Workplace, run: string): Promise<string> {
  const submission = await getRunFile(store, run, 'submission.csv');
  if (submission === undefined) throw new Error(`the run ${run} has left no submission.csv`);
  return submission.toString('utf8');
}

/** A finished run of the drill recipe and where it ran; close the place. */
export interface FinishedDrill {
  readonly place: Workplace;
  readonly run: string;
  readonly submission: string;
}

/**
 * The undisturbed run that others are compared with. The first test file that asks computes it, under a prefix of
 * the bucket that they all share; for the others every stage is a hit.
 */
export async function finishedDrill(): Promise<FinishedDrill> {
  const place = await Workplace.open('drill', { prefix: 'drill' });
  const worker = await place.worker();
  const { code, stdout, stderr } = await place.nacre('--json', 'start', drillRecipe);
  if (code !== 0) throw new Error(`the drill recipe ended with ${String(code)}:\n${stderr}\n${stdout}`);
  await worker.stop();
  const run = startedRun(stdout);
  return { place, run, submission: await submissionOf(place, run) };
}
