import { InvalidRecipe } from '@nacre/contracts/errors';
import { resolveRecipe, type Recipe } from '@nacre/contracts/recipe';
import { dryRun, meansStage } from '@nacre/stages';

import { isMapping } from './recipe/is-mapping.js';

/**
 * The recipe with which a run is started again on this build. It is the recorded one, but keys that this build has
 * added take their defaults, and a stage that `--rerun` named and that has been computed since is not asked for again.
 *
 * @param recorded the document that the run was started with
 * @param computed names of the stages that the run has computed without a look-up
 * @throws InvalidRecipe when this build cannot obey it any more
 */
export async function recipeOfRestart(recorded: unknown, computed: ReadonlySet<string>): Promise<Recipe> {
  const recipe = resolvedAgain(recorded);
  const names = (await dryRun(recipe)).map(({ name }) => name);
  const off = recipe.run.cache.off.flatMap((word) =>
    names.filter((name) => meansStage(word, name) && !computed.has(name)),
  );
  return { ...recipe, run: { ...recipe.run, cache: { ...recipe.run.cache, off: [...new Set(off)] } } };
}

function resolvedAgain(recorded: unknown): Recipe {
  try {
    return resolveRecipe(recorded);
  } catch (error) {
    if (!(error instanceof InvalidRecipe) || !isMapping(recorded)) throw error;
    const { resolved_by: _stamp, ...unstamped } = recorded;
    return resolveRecipe(unstamped);
  }
}
