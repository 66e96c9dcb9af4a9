import { labelsSchema } from '@nacre/contracts/recipe';
import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** Logits dealt to other rows, a control. Output: as export_logits, the same rows in the same order. */
export const permuteLogits = defineStage({
  kind: 'permute_logits',
  version: 1,
  pool: 'cpu',
  parameters: z.strictObject({
    labels: labelsSchema,
    fold: z.int().nonnegative().describe('Fold of the student: rows held out of it are dealt apart'),
    seed: z
      .int()
      .nonnegative()
      .describe('Seed of the deal; the same for every teacher, so that they stay in step'),
  }),
  sources: ['libs/data/src/permute-logits.ts'],
});
