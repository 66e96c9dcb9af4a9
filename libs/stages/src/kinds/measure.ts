import { foldScoreSchema } from '@nacre/contracts/measurement';
import { costGateSchema, labelPolicySchema, labelsSchema } from '@nacre/contracts/recipe';
import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** Every reported number, from logits. Output: measurement.json. */
export const measure = defineStage({
  kind: 'measure',
  version: 2,
  pool: 'cpu',
  parameters: z.strictObject({
    labels: labelsSchema,
    folds: z.int().positive().describe('Folds of the recipe, skipped ones included'),
    label_policy: labelPolicySchema.optional(),
    selected_on_dev: z
      .array(foldScoreSchema.shape.role)
      .optional()
      .describe('Roles whose weights were chosen by dev rows; absent where none were'),
    gates: z
      .strictObject({
        merge: costGateSchema.optional().describe('The merged student against a single fold'),
        quantize: costGateSchema.optional().describe('The 8-bit student against the merged one'),
      })
      .optional()
      .describe('Gates whose verdicts are measured; absent where the recipe has none'),
  }),
  sources: ['libs/activities/src/stages/measure.ts', 'libs/metrics/src/measure.ts'],
});
