import { labelsSchema } from '@nacre/contracts/recipe';
import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** Rows drawn by the synthetic arena in the format of the competition. Output: `source`, truth.parquet. */
export const synthesizeSource = defineStage({
  kind: 'synthesize_source',
  version: 1,
  pool: 'cpu',
  parameters: z.strictObject({
    rows: z.int().positive().describe('Rows'),
    seed: z.int().nonnegative().describe('Seed'),
    votes: z.enum(['drawn', 'shuffled']).describe('shuffled: a control'),
    use: z.enum(['train', 'extra', 'post_pretrain', 'test']).describe('test rows carry no votes'),
    labels: labelsSchema,
  }),
  sources: ['libs/data/src/synthesize-source.ts'],
});
