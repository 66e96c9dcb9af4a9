import { labelsSchema } from '@nacre/contracts/recipe';
import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** Synthetic rows with their latent scores, for the warm-up of tiny bases. Output: latents.parquet. */
export const synthesizeLatents = defineStage({
  kind: 'synthesize_latents',
  version: 1,
  pool: 'cpu',
  parameters: z.strictObject({
    rows: z.int().positive().describe('Rows'),
    seed: z.int().nonnegative().describe('Seed'),
    labels: labelsSchema,
  }),
  sources: ['libs/data/src/synthesize-latents.ts'],
});
