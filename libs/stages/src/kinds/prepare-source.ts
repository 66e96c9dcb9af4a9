import { columnsSchema, labelsSchema } from '@nacre/contracts/recipe';
import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** One source as canonical comparisons: strict cells, one normalisation, duplicates removed. Output: comparisons.parquet, counts.json. */
export const prepareSource = defineStage({
  kind: 'prepare_source',
  version: 1,
  pool: 'cpu',
  parameters: z.strictObject({
    name: z.string().describe('Source name; prefixes every example_id'),
    format: z.enum(['arena_csv', 'columns']).describe('How columns are named'),
    file_type: z.enum(['csv', 'jsonl']).describe('How the file is read'),
    use: z.enum(['train', 'extra', 'post_pretrain', 'test']).describe('test rows need no label'),
    columns: columnsSchema.nullable().describe('Column mapping for format: columns'),
    labels: labelsSchema,
  }),
  sources: ['libs/data/src/prepare-source.ts'],
});
