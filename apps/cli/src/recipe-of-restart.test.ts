import { resolveRecipe, type Recipe } from '@nacre/contracts/recipe';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

import { recipeOfRestart } from './recipe-of-restart.js';
import { leastRecipeText } from './testing/least-recipe.js';

const recipe = resolveRecipe(parse(leastRecipeText));
const none: ReadonlySet<string> = new Set();
const withOff = (off: string[]): Recipe => ({ ...recipe, run: { ...recipe.run, cache: { off } } });

it('is the recorded one', async () => {
  expect(await recipeOfRestart(recipe, none)).toEqual(recipe);
});

it('lacks no key that came with a later build than the one that recorded it', async () => {
  const { checkpoint_every: _new, ...older } = recipe.run;
  expect(await recipeOfRestart({ ...recipe, run: older }, none)).toEqual(recipe);
});

it('asks again for what was to be computed afresh and was not yet', async () => {
  const restarted = await recipeOfRestart(
    withOff(['folds', 'student/']),
    new Set(['folds', 'student/fold-0']),
  );
  expect(restarted.run.cache.off).toEqual(['student/fold-1']);
});

it('is refused, with the fault, when this build cannot obey it', async () => {
  await expect(recipeOfRestart({ ...recipe, colour: 'blue' }, none)).rejects.toThrow(/colour/);
});
