import { costGateSchema, labelsSchema } from '@nacre/contracts/recipe';
import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** Asks the blind rows whether a step costs too much. Output: gate.json. */
export const costGate = defineStage({
  kind: 'cost_gate',
  version: 1,
  pool: 'cpu',
  parameters: costGateSchema.extend({
    labels: labelsSchema,
    folds: z.int().positive().describe('Folds of the recipe, skipped ones included'),
    gate: z.enum(['merge', 'quantize']).describe('Which step'),
  }),
  sources: ['libs/activities/src/stages/cost-gate.ts', 'libs/metrics/src/measure.ts'],
});
