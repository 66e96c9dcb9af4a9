import { canonicalDigest } from '@nacre/contracts/artifact';
import { InvalidRecipe, InvalidStudy } from '@nacre/contracts/errors';
import { resolveRecipe, type Recipe } from '@nacre/contracts/recipe';
import type { MeasuredModel } from '@nacre/contracts/study';

import { readRecipe } from '../recipe/recipe-file.js';
import type { StudyFile } from './read-study.js';

/** One run of a study: an arm with a seed. */
export interface StudyRun {
  readonly arm: string;
  readonly seed: number;
  readonly recipe: Recipe;
}

/** The stages whose logits are measured, as `run.until` names them: a run of a study ends there. */
export const measuredStages: Readonly<Record<MeasuredModel, string>> = {
  single_fold: 'evaluate/student/',
  student: 'evaluate/student/',
  merged: 'evaluate/merged',
  quantized: 'evaluate/quantized',
};

/**
 * Every run of a study, all arms with the first seed before any with the second: so a study that is stopped has
 * compared all arms.
 *
 * @throws InvalidRecipe naming the arm whose recipe is refused; InvalidStudy when two arms are one recipe
 */
export async function studyRuns({ study, recipeFile }: StudyFile): Promise<StudyRun[]> {
  const runs: StudyRun[] = [];
  for (const seed of study.seeds) {
    for (const [arm, changes] of Object.entries(study.arms)) {
      const settings = [
        ...Object.entries(changes).map(([key, value]) => `${key}=${JSON.stringify(value)}`),
        ...study.seed_keys.map((key) => `${key}=${String(seed)}`),
        `name=${JSON.stringify(`${study.name}-${arm}`)}`,
        `run.until=${JSON.stringify(measuredStages[study.measured])}`,
      ];
      runs.push({ arm, seed, recipe: await armRecipe(arm, recipeFile, settings) });
    }
  }
  assertDifferent(runs);
  return runs;
}

async function armRecipe(arm: string, file: string, settings: readonly string[]): Promise<Recipe> {
  const recipe = await readRecipe(file, settings).then(resolveRecipe).catch(refused(arm));
  if (recipe.folds.blind_fraction === 0) {
    throw new InvalidStudy(
      `arms.${arm}: folds.blind_fraction is 0; a study compares arms on blind rows, so leave some`,
    );
  }
  return recipe;
}

function refused(arm: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof InvalidRecipe ? new InvalidRecipe(`arms.${arm}: ${error.message}`) : error;
  };
}

function assertDifferent(runs: readonly StudyRun[]): void {
  const seen = new Map<string, StudyRun>();
  for (const run of runs) {
    const { name: _name, run: _run, ...identity } = run.recipe;
    const digest = canonicalDigest(identity);
    const twin = seen.get(digest);
    if (twin !== undefined) {
      throw new InvalidStudy(
        twin.arm === run.arm
          ? `seeds ${String(twin.seed)} and ${String(run.seed)} of ${run.arm} are one recipe; name other seed_keys`
          : `the arms ${twin.arm} and ${run.arm} are one recipe; change or remove one of them`,
      );
    }
    seen.set(digest, run);
  }
}
