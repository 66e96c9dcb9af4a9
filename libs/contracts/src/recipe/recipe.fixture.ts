import type { RecipeInput } from './recipe.js';

/** The least that a recipe needs, without a default written out. */
export function leastRecipe(): RecipeInput {
  return {
    nacre: 1,
    name: 'least',
    data: { train: { synthetic: { rows: 100, seed: 1 } }, test: { synthetic: { rows: 10, seed: 2 } } },
    models: { small: { tiny: { family: 'gemma2' } } },
    teachers: {},
    student: { base: 'small' },
  };
}
