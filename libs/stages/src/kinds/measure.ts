import { labelsSchema } from '@nacre/contracts/recipe';
import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** Every reported number, from logits. Output: measurement.json. */
export const measure = defineStage({
  kind: 'measure',
  version: 1,
  pool: 'cpu',
  parameters: z.strictObject({
    labels: labelsSchema,
    folds: z.int().positive().describe('Folds of the recipe, skipped ones included'),
  }),
  sources: ['libs/activities/src/stages/measure.ts', 'libs/metrics/src/measure.ts'],
});
