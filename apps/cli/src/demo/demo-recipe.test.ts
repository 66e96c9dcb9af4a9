import { join } from 'node:path';

import { InvalidRecipe } from '@nacre/contracts/errors';
import { sourcesFor } from '@nacre/contracts/recipe';
import { expect, it } from 'vitest';

import { temporaryFolder } from '../temporary-folder.fixture.js';
import { demoRecipe } from './demo-recipe.js';

const arena = { 'train.csv': '', 'test.csv': '' };

it('without a folder it is the synthetic arena, with every step', async () => {
  const recipe = await demoRecipe(undefined, []);
  expect(Object.values(recipe.data).every(({ synthetic }) => synthetic !== undefined)).toBe(true);
  expect(recipe).toMatchObject({
    name: 'demo',
    post_pretrain: { data: 'ut' },
    controls: { student_alone: true },
  });
});

it('of a folder it takes what lies there', async () => {
  const folder = temporaryFolder({ ...arena, 'extra.csv': '', 'ut.csv': '', 'sample_submission.csv': '' });
  const recipe = await demoRecipe(folder, ['folds.count=2']);
  expect(recipe.data['train']?.path).toBe(join(folder, 'train.csv'));
  expect(sourcesFor(recipe, 'submission_order')).toEqual(['sample_submission']);
  expect(recipe).toMatchObject({ folds: { count: 2, blind_fraction: 0.15 }, post_pretrain: { data: 'ut' } });
});

it('without ut.csv it has no post-pretraining, without sample_submission.csv no order of its own', async () => {
  const recipe = await demoRecipe(temporaryFolder(arena), []);
  expect(Object.keys(recipe.data)).toEqual(['train', 'test']);
  expect(recipe.post_pretrain).toBeUndefined();
});

it('lets --set replace a file of the folder', async () => {
  const recipe = await demoRecipe(temporaryFolder(arena), ['data.train.path=/elsewhere/train.csv']);
  expect(recipe.data['train']?.path).toBe('/elsewhere/train.csv');
});

it.each(['train.csv', 'test.csv'] as const)('a folder without %s is refused', async (missing) => {
  const { [missing]: _left, ...files } = arena;
  const folder = temporaryFolder(files);
  const attempt = demoRecipe(folder, []);
  await expect(attempt).rejects.toThrow(InvalidRecipe);
  await expect(attempt).rejects.toThrow(
    `--data ${folder}: no ${missing} there; a folder in the competition's format has`,
  );
});
