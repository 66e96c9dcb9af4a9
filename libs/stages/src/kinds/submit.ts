import { labelsSchema } from '@nacre/contracts/recipe';
import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** The submission, written only when every check of its form holds. Output: submission.csv. */
export const submit = defineStage({
  kind: 'submit',
  version: 1,
  pool: 'cpu',
  parameters: z.strictObject({
    labels: labelsSchema,
    orders: z.enum(['both', 'as_given']).describe('Which orders are averaged'),
  }),
  sources: ['libs/data/src/write-submission.ts'],
});
