import { z } from 'zod';

import { differenceSchema, scoreSchema } from './score.js';

/** What scaling does to some rows. */
export const calibratedScoreSchema = z.strictObject({
  before: scoreSchema.describe('As the model says'),
  after: scoreSchema.describe('Scaled'),
  difference: differenceSchema.describe('After minus before, paired: below 0 scaling helps'),
  calibration_error: z
    .strictObject({
      before: z.number().describe('As the model says'),
      after: z.number().describe('Scaled'),
    })
    .describe('Expected calibration error over 15 equal bins'),
});

/** A scaling of log probabilities that was fitted on out-of-fold rows, and what it is worth. */
export const calibrationSchema = z.strictObject({
  step: z.string().describe('Step of the waterfall that is scaled'),
  method: z
    .enum(['temperature', 'vector'])
    .describe('temperature: one factor for all classes; vector: a factor and an offset for each class'),
  fitted_on: z.string().describe('Step whose out-of-fold rows the scaling was fitted on; never blind rows'),
  fitted_rows: z.int().positive().describe('Rows it was fitted on'),
  temperature: z.number().nullable().describe('1 / factor; above 1 the model was too sure; null for vector'),
  factors: z.array(z.number()).describe('Factor of the log probability of each label'),
  offsets: z.array(z.number()).describe('Added to each label afterwards; they sum to 0'),
  out_of_fold: calibratedScoreSchema
    .nullable()
    .describe('Each fold scaled by what was fitted on the other folds; null for models that saw all folds'),
  blind: calibratedScoreSchema
    .nullable()
    .describe('Scaled by what was fitted on all out-of-fold rows; null without blind rows'),
});

export type CalibratedScore = z.infer<typeof calibratedScoreSchema>;
export type Calibration = z.infer<typeof calibrationSchema>;
