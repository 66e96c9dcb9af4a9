import { columnsSchema, labelsSchema } from '@nacre/contracts/recipe';
import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** One source as canonical comparisons: strict cells, one normalisation, duplicates removed. Output: comparisons.parquet, counts.json, repairs.csv where there were any. */
export const prepareSource = defineStage({
  kind: 'prepare_source',
  version: 2,
  pool: 'cpu',
  parameters: z.strictObject({
    name: z.string().describe('Source name; prefixes every example_id'),
    format: z
      .enum(['arena_csv', 'arena_text', 'arena_conversations', 'columns'])
      .describe('How columns are named'),
    file_type: z.enum(['csv', 'jsonl', 'parquet']).describe('How the file is read'),
    ids: z
      .literal('row_number')
      .optional()
      .describe('Rows are named by their number, not by the ids of the file'),
    use: z.enum(['train', 'extra', 'post_pretrain', 'test']).describe('test rows need no label'),
    columns: columnsSchema.nullable().describe('Column mapping for format: columns'),
    labels: labelsSchema,
  }),
  sources: ['libs/data/src/prepare-source.ts'],
});
