import { z } from 'zod';

import { labelPolicySchema } from '../recipe/label-policy.js';
import { labelsSchema } from '../recipe/labels.js';
import { breakdownSchema } from './breakdown.js';
import { calibrationSchema } from './calibration.js';
import { gateVerdictSchema } from './gate-verdict.js';
import { differenceSchema, scoreSchema } from './score.js';

/** One cell of the fold x model table: a fold's own dev rows, answers as given. */
export const foldScoreSchema = z.strictObject({
  model: z.string().describe('Model name'),
  role: z
    .enum(['teacher', 'student', 'student_alone', 'permuted_teachers'])
    .describe('What the model is in the run'),
  fold: z.int().nonnegative().describe('Fold that the model did not see'),
  score: scoreSchema.nullable().describe('null where the fold was skipped'),
});

/** One step of the waterfall. */
export const waterfallStepSchema = z.strictObject({
  step: z
    .enum([
      'prior',
      'student_alone',
      'permuted_teachers',
      'teachers',
      'student',
      'single_fold',
      'merged',
      'round_to_nearest',
      'quantized',
      'both_orders',
    ])
    .describe(
      'prior: class shares of the training rows; student: mean of the probabilities of the folds; ' +
        'single_fold: the students one at a time, their losses averaged',
    ),
  title: z.string().describe('For people'),
  out_of_fold: scoreSchema
    .nullable()
    .describe('Every train row scored by the model of its own fold; null for models that saw all folds'),
  blind: scoreSchema
    .nullable()
    .describe('Rows no fold saw; for fold models the mean of their probabilities; null without blind rows'),
  differences: z
    .array(differenceSchema)
    .describe('Paired, on blind rows: to the step before, to what the step answers to, and to the prior'),
});

/** measurement.json: every reported number of a run, computed from logits. */
export const measurementSchema = z.strictObject({
  nacre_measurement: z.literal(1).describe('Version of this document'),
  labels: labelsSchema,
  label_policy: labelPolicySchema
    .optional()
    .describe('Label policy of the recipe; absent: in_sample, the default'),
  contaminated: z
    .array(z.enum(['student', 'permuted_teachers']))
    .optional()
    .describe(
      'Roles and steps whose dev and out-of-fold scores are not honest: their labels came from teachers that had ' +
        'seen those rows. They are shown and feed nothing else; absent: all scores are honest',
    ),
  optimistic: z
    .array(foldScoreSchema.shape.role)
    .optional()
    .describe('Roles whose weights were chosen by the very dev rows that they are scored on; absent: none'),
  folds: z.array(foldScoreSchema).describe('Fold x model table'),
  waterfall: z.array(waterfallStepSchema).describe('Steps in the order of the recipe'),
  breakdowns: z.array(breakdownSchema).describe('Each measured step but the prior, on each slice it has'),
  calibrations: z.array(calibrationSchema).describe('Scalings fitted out of fold, before and after'),
  gates: z.array(gateVerdictSchema).describe('Verdicts of the gates of the recipe; without a gate none'),
  swap_inconsistency: z
    .number()
    .nullable()
    .describe('Mean absolute difference of P(model_a) between the two orders of a blind row, 8-bit model'),
  blind_looks: z
    .int()
    .positive()
    .optional()
    .describe(
      'Measurements of these blind rows in the store, this one among them; only in the copy of a run, ' +
        'because the artifact does not know of others',
    ),
  skipped_folds: z.array(z.int()).describe('Folds that are missing, named'),
  notes: z.array(z.string()).describe('What a reader must know, e.g. that a model ended at the prior'),
});

export type FoldScore = z.infer<typeof foldScoreSchema>;
export type WaterfallStep = z.infer<typeof waterfallStepSchema>;
export type Measurement = z.infer<typeof measurementSchema>;
