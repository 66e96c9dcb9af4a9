import { getRunFile, type ArtifactStore } from '@nacre/artifact-store';
import type { ArtifactReference } from '@nacre/contracts/artifact';
import { InvalidRecipe } from '@nacre/contracts/errors';
import { recipeSchema, type Recipe } from '@nacre/contracts/recipe';
import { progressSchema, type StageState } from '@nacre/contracts/run';
import { parse } from 'yaml';

import { runFiles } from './run-files.js';

/** A finished run, from the readable copies that it left in the store. */
export interface RecordedRun {
  readonly workflowId: string;
  readonly recipe: Recipe;
  /** What each stage made, by the stage's name; null where it was skipped. */
  readonly artifacts: ReadonlyMap<string, ArtifactReference | null>;
  readonly stages: readonly StageState[];
}

/**
 * Reads the recipe and the artifacts of a run.
 *
 * @throws InvalidRecipe when the run left no copies, or did not succeed; StoreUnavailable
 */
export async function recordedRun(store: ArtifactStore, workflowId: string): Promise<RecordedRun> {
  const [recipe, progress] = await Promise.all([
    getRunFile(store, workflowId, runFiles.recipe),
    getRunFile(store, workflowId, runFiles.progress),
  ]);
  if (recipe === undefined || progress === undefined) {
    throw new InvalidRecipe(
      `the store holds no copies of a run ${workflowId}: name a finished run of \`npx nacre runs\``,
    );
  }
  const { state, stages } = progressSchema.parse(JSON.parse(progress.toString('utf8')));
  if (state !== 'succeeded') {
    throw new InvalidRecipe(`${workflowId} ${state}: only a run that succeeded has all its models`);
  }
  return {
    workflowId,
    recipe: recipeSchema.parse(parse(recipe.toString('utf8'))),
    stages,
    artifacts: new Map(stages.map(({ name, artifact }) => [name, artifact])),
  };
}
