import { resolveRecipe, type Recipe, type RecipeInput } from '@nacre/contracts/recipe';

/** A recipe in which every optional part is present, for tests. */
export const wholeRecipe: RecipeInput = {
  nacre: 1,
  name: 'whole',
  labels: ['model_a', 'model_b', 'tie'],
  data: {
    train: { synthetic: { rows: 100, seed: 1 } },
    extra: { path: 's3://bucket/extra.csv' },
    ours: {
      path: 's3://bucket/ours.jsonl',
      format: 'columns',
      use: 'extra',
      columns: {
        id: 'key',
        prompt: 'question',
        response_a: 'chosen',
        response_b: 'rejected',
        label: { always: 'model_a' },
      },
    },
    ut: { path: 's3://bucket/ut.csv' },
    test: { path: 's3://bucket/test.csv' },
    sample_submission: { path: 's3://bucket/sample_submission.csv' },
  },
  folds: { count: 2 },
  models: { llama: { tiny: { family: 'llama' } }, gemma: { tiny: { family: 'gemma2' } } },
  post_pretrain: { data: 'ut' },
  teachers: { llama: {} },
  student: { base: 'gemma' },
  controls: { student_alone: true },
};

/** The whole recipe, resolved, with some values changed by path. */
export function changedRecipe(changes: Readonly<Record<string, unknown>> = {}): Recipe {
  const document = structuredClone(wholeRecipe) as unknown as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const parts = path.split('.');
    let place = document;
    for (const part of parts.slice(0, -1)) place = (place[part] ??= {}) as Record<string, unknown>;
    place[parts.at(-1) ?? ''] = value;
  }
  return resolveRecipe(document);
}
