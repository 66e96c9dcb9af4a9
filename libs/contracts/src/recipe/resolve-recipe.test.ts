import { describe, expect, it } from 'vitest';

import { leastRecipe } from './recipe.fixture.js';
import type { Recipe, RecipeInput } from './recipe.js';
import { RESOLVER, resolveRecipe } from './resolve-recipe.js';

const data = (changes: object) => ({ data: { ...leastRecipe().data, ...changes } });
describe('defaults', () => {
  it('are applied once and stamped', () => {
    expect(resolveRecipe(leastRecipe())).toMatchObject({
      resolved_by: RESOLVER,
      labels: ['model_a', 'model_b', 'tie'],
      folds: { count: 5, seed: 2025, group_by: 'exact_prompt', blind_fraction: 0.05 },
      student: { epochs: 2, losses: { cross_entropy: 1, kl: 1, cosine: 1, temperature: 1 } },
      run: { pools: { gpu: { queue: 'local' }, cpu: { concurrency: 4 } } },
    });
  });

  it('say what a source is for by its name, and how it is read by the ending of its path', () => {
    const { data: sources } = resolveRecipe({
      ...leastRecipe(),
      ...data({
        extra: { path: 'more.csv' },
        ut: { path: 's3://bucket/ut.jsonl' },
        sample_submission: { path: 'sample.csv' },
        ours: { path: 'ours.ndjson', use: 'extra', file_type: 'csv' },
        votes: { path: 'votes.parquet', use: 'extra', format: 'arena_conversations' },
      }),
    });
    expect(sources).toMatchObject({
      train: { use: 'train' },
      extra: { use: 'extra', file_type: 'csv', format: 'arena_csv' },
      ut: { use: 'post_pretrain', file_type: 'jsonl' },
      test: { use: 'test' },
      sample_submission: { use: 'submission_order', format: 'sample_submission' },
      ours: { use: 'extra', file_type: 'csv' },
      votes: { use: 'extra', file_type: 'parquet' },
    });
  });

  it('leave what was given as it is', () => {
    const given = leastRecipe();
    const before = structuredClone(given);
    resolveRecipe(given);
    expect(given).toEqual(before);
  });
});

describe('a resolved recipe', () => {
  const resolved = resolveRecipe({ ...leastRecipe(), teachers: { small: {} } });

  it('resolves to itself', () => {
    expect(resolveRecipe(structuredClone(resolved))).toEqual(resolved);
    expect(resolveRecipe(JSON.parse(JSON.stringify(resolved)))).toEqual(resolved);
  });

  it.each<[string, (recipe: RecipeInput) => void]>([
    ['merge', (recipe) => delete recipe.merge],
    ['folds.seed', (recipe) => delete recipe.folds?.seed],
    ['teachers.small.epochs', (recipe) => delete recipe.teachers['small']?.epochs],
    ['data.train.format', (recipe) => delete recipe.data['train']?.format],
  ])('that lacks %s is refused, never filled in', (place, change) => {
    const document: RecipeInput & Partial<Recipe> = structuredClone(resolved);
    change(document);
    expect(() => resolveRecipe(document)).toThrow(
      `resolved_by: the recipe is stamped as resolved but lacks ${place}; remove the stamp and resolve it again`,
    );
  });

  it('gets no use by the name of a source', () => {
    const document: RecipeInput = structuredClone(resolved);
    delete document.data['train']?.use;
    expect(() => resolveRecipe(document)).toThrow('data.train.use: say what the rows are for');
  });

  it('is refused with a key that this version does not know', () => {
    expect(() => resolveRecipe({ ...resolved, later: 1 })).toThrow('later: unknown key');
  });
});
