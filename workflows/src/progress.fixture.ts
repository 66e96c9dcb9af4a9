import { resolveRecipe, type Recipe } from '@nacre/contracts/recipe';

const tiny = { tiny: { family: 'llama' } };

/** A resolved recipe with two folds and one teacher. */
export function boardRecipe(): Recipe {
  return resolveRecipe({
    nacre: 1,
    name: 'board',
    data: { train: { synthetic: { rows: 10, seed: 1 } }, test: { synthetic: { rows: 10, seed: 2 } } },
    folds: { count: 2 },
    models: { teacher: tiny, pupil: tiny },
    teachers: { teacher: {} },
    student: { base: 'pupil' },
  });
}
