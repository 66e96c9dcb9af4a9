import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { repositoryFolder } from '@nacre/activities';
import { InvalidRecipe } from '@nacre/contracts/errors';
import { resolveRecipe, type Recipe } from '@nacre/contracts/recipe';

import { isMapping } from '../recipe/is-mapping.js';
import { readRecipe } from '../recipe/recipe-file.js';

/** Files of a folder in the competition's format, by the name of the source they become. */
const files = {
  train: { file: 'train.csv', required: true },
  test: { file: 'test.csv', required: true },
  extra: { file: 'extra.csv', required: false },
  ut: { file: 'ut.csv', required: false },
  sample_submission: { file: 'sample_submission.csv', required: false },
} as const;

/**
 * The recipe of `npm run demo`: the synthetic arena, or the folder of `--data` with what lies in it.
 * Without ut.csv there is no post-pretraining, without sample_submission.csv the order is test.csv's.
 *
 * @throws InvalidRecipe naming the file that is missing
 */
export async function demoRecipe(
  dataFolder: string | undefined,
  settings: readonly string[],
): Promise<Recipe> {
  const recipes = join(repositoryFolder(), 'recipes');
  if (dataFolder === undefined) return resolveRecipe(await readRecipe(join(recipes, 'demo.yaml'), settings));

  const data: Record<string, { path: string }> = {};
  for (const [source, { file, required }] of Object.entries(files)) {
    const path = resolve(dataFolder, file);
    if (existsSync(path)) data[source] = { path };
    else if (required)
      throw new InvalidRecipe(
        `--data ${dataFolder}: no ${file} there; a folder in the competition's format has train.csv and test.csv`,
      );
  }
  const {
    post_pretrain,
    data: settled,
    ...rest
  } = await readRecipe(join(recipes, 'demo-folder.yaml'), settings);
  return resolveRecipe({
    ...rest,
    ...(data['ut'] === undefined ? {} : { post_pretrain }),
    data: { ...data, ...(isMapping(settled) ? settled : {}) },
  });
}
