import { z } from 'zod';

import { labelsSchema } from '../recipe/labels.js';

const interval = z.tuple([z.number(), z.number()]).describe('95 % interval, bootstrapped by prompt group');

export const scoreSchema = z.strictObject({
  rows: z.int().nonnegative().describe('Labelled rows scored'),
  groups: z.int().nonnegative().describe('Prompt groups among them'),
  log_loss: z.number().describe('Mean negative log probability of the vote, natural logarithm'),
  interval,
  accuracy: z.number().describe('Share of rows whose most probable class is the vote'),
});

export const differenceSchema = z.strictObject({
  to: z.string().describe('Step it is compared with'),
  rows: z.int().nonnegative().describe('Labelled rows that both scored'),
  value: z.number().describe('Mean paired difference of log loss, this minus that: below 0 is better'),
  interval,
});

/** One cell of the fold x model table: a fold's own dev rows, answers as given. */
export const foldScoreSchema = z.strictObject({
  model: z.string().describe('Model name'),
  role: z.enum(['teacher', 'student', 'student_alone']).describe('What the model is in the run'),
  fold: z.int().nonnegative().describe('Fold that the model did not see'),
  score: scoreSchema.nullable().describe('null where the fold was skipped'),
});

/** One step of the waterfall. */
export const waterfallStepSchema = z.strictObject({
  step: z
    .enum(['prior', 'student_alone', 'teachers', 'student', 'merged', 'quantized', 'both_orders'])
    .describe('prior: class shares of the training rows'),
  title: z.string().describe('For people'),
  out_of_fold: scoreSchema
    .nullable()
    .describe('Every train row scored by the model of its own fold; null for models that saw all folds'),
  blind: scoreSchema
    .nullable()
    .describe('Rows no fold saw; for fold models the mean of their probabilities; null without blind rows'),
  differences: z
    .array(differenceSchema)
    .describe(
      'Paired, on blind rows: to the step before, to the prior, and of the student to the student alone',
    ),
});

/** measurement.json: every reported number of a run, computed from logits. */
export const measurementSchema = z.strictObject({
  nacre_measurement: z.literal(1).describe('Version of this document'),
  labels: labelsSchema,
  folds: z.array(foldScoreSchema).describe('Fold x model table'),
  waterfall: z.array(waterfallStepSchema).describe('Steps in the order of the recipe'),
  swap_inconsistency: z
    .number()
    .nullable()
    .describe('Mean absolute difference of P(model_a) between the two orders of a blind row, 8-bit model'),
  skipped_folds: z.array(z.int()).describe('Folds that are missing, named'),
  notes: z.array(z.string()).describe('What a reader must know, e.g. that a model ended at the prior'),
});

export type Score = z.infer<typeof scoreSchema>;
export type Difference = z.infer<typeof differenceSchema>;
export type FoldScore = z.infer<typeof foldScoreSchema>;
export type WaterfallStep = z.infer<typeof waterfallStepSchema>;
export type Measurement = z.infer<typeof measurementSchema>;
