import { join } from 'node:path';

import { InvalidRecipe, InvalidStudy } from '@nacre/contracts/errors';
import { workflowId } from '@nacre/contracts/recipe';
import { describe, expect, it } from 'vitest';

import { leastRecipeText } from '../testing/least-recipe.js';
import { temporaryFolder } from '../temporary-folder.fixture.js';
import { readStudy } from './read-study.js';
import { studyStages } from './study-plan.js';
import { studyRuns } from './study-runs.js';

const head = 'nacre_study: 1\nname: s\nquestion: Which?\nrecipe: base/recipe.yaml\nbaseline: a\n';

/** The runs of a study on the least recipe. */
async function runsOf(text: string, recipe = leastRecipeText) {
  const folder = temporaryFolder({ 'study.yaml': `${head}${text}`, 'base/recipe.yaml': recipe });
  return studyRuns(await readStudy(join(folder, 'study.yaml')));
}

const grid = `seeds: [7, 8]
arms:
  a: {}
  b: { merge.method: factor_mean, student: { base: small, epochs: 3 } }`;

describe('the runs of a study', () => {
  it('are every arm with the first seed, then with the second', async () => {
    const runs = await runsOf(grid);
    expect(runs.map(({ arm, seed }) => [arm, seed])).toEqual([
      ['a', 7],
      ['b', 7],
      ['a', 8],
      ['b', 8],
    ]);
    expect(new Set(runs.map(({ recipe }) => workflowId(recipe))).size).toBe(4);
  });

  it('have the values of their arm and seed, a name that says so, and end at what is measured', async () => {
    const [, b] = await runsOf(`${grid}\nseed_keys: [training.seed, folds.seed]\nmeasured: student`);
    expect(b?.recipe).toMatchObject({
      name: 's-b',
      merge: { method: 'factor_mean' },
      student: { epochs: 3 },
      training: { seed: 7 },
      folds: { seed: 7 },
      run: { until: 'evaluate/student/' },
    });
  });

  it('can leave out what the recipe has', async () => {
    const with_training = `${leastRecipeText}\ntraining: { dtype: float32 }`;
    const arms = 'seeds: [1]\nseed_keys: [folds.seed]\narms: { a: {}, b: { training: null } }';
    const [a, b] = await runsOf(arms, with_training);
    expect([a?.recipe.training.dtype, b?.recipe.training.dtype]).toEqual(['float32', 'bfloat16']);
  });

  it('share every stage that does not depend on what their arms change', async () => {
    const one = await studyStages((await runsOf(grid)).slice(0, 1));
    expect(one.asked).toBe(one.distinct);
    const merges = 'seeds: [7]\narms: { a: {}, b: { merge.method: factor_mean } }';
    // Only the merge and the logits of its student are new.
    expect(await studyStages(await runsOf(merges))).toEqual({
      asked: 2 * one.asked,
      distinct: one.distinct + 2,
    });
  });
});

describe('a study is refused', () => {
  it.each([
    [
      'with an arm that is no recipe',
      'seeds: [1]\narms: { a: {}, b: { student.epochs: 0 } }',
      'arms.b: student.epochs: ',
    ],
    [
      'with an unknown key',
      'seeds: [1]\narms: { a: {}, b: { student.epoch: 1 } }',
      'arms.b: student.epoch: unknown',
    ],
  ])('%s, naming the arm', async (_, text, message) => {
    const attempt = runsOf(text);
    await expect(attempt).rejects.toThrow(InvalidRecipe);
    await expect(attempt).rejects.toThrow(message);
  });

  it.each([
    [
      'with two arms that are one recipe',
      'seeds: [1]\narms: { a: {}, b: { merge.method: product_mean } }',
      'the arms a and b are one recipe; change or remove one of them',
    ],
    [
      'without blind rows',
      'seeds: [1]\narms: { a: {}, b: { folds.blind_fraction: 0 } }',
      'arms.b: folds.blind_fraction is 0',
    ],
  ])('%s', async (_, text, message) => {
    const attempt = runsOf(text);
    await expect(attempt).rejects.toThrow(InvalidStudy);
    await expect(attempt).rejects.toThrow(message);
  });

  it('with its file and every fault', async () => {
    await expect(runsOf('seeds: []\narms: { b: {}, c: {} }')).rejects.toThrow(/study\.yaml:\nseeds: /);
  });
});
