import type { SourceDescription } from '@nacre/data';

/** The generated train.csv, as a recipe describes it. */
export const trainDescription: SourceDescription = {
  ...{ name: 'train', format: 'arena_csv', file_type: 'csv', use: 'train' },
  labels: ['model_a', 'model_b', 'tie'],
};

/** The generated sources, each by the name of its file. */
export const sourceDescriptions: readonly SourceDescription[] = (
  ['train', 'extra', 'post_pretrain', 'test'] as const
).map((use) => ({
  ...trainDescription,
  ...{ name: use, use, file_type: use === 'post_pretrain' ? ('parquet' as const) : ('csv' as const) },
}));
