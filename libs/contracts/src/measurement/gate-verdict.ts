import { z } from 'zod';

import { differenceSchema } from './score.js';

/** What a gate found. */
export const gateVerdictSchema = z.strictObject({
  gate: z.enum(['merge', 'quantize']).describe('Which step must not cost too much'),
  outcome: z
    .enum(['pass', 'fail', 'undetermined'])
    .describe('undetermined: the interval holds the limit, so these rows cannot tell'),
  max_log_loss_rise: z.number().describe('Limit of the recipe'),
  difference: differenceSchema.describe('Of the step to what it is held against, on blind rows'),
  sentence: z.string().describe('The verdict for people'),
});

export type GateVerdict = z.infer<typeof gateVerdictSchema>;
