import { z } from 'zod';

import { intervalSchema } from './score.js';

/** Which rows a figure is of. */
export const sliceSchema = z
  .enum(['out_of_fold', 'blind'])
  .describe('out_of_fold: dev rows, each by the models of its fold; blind: rows that no fold saw');

/** The rows that voted for one class. */
export const classScoreSchema = z.strictObject({
  label: z.enum(['model_a', 'model_b', 'tie']).describe('The vote'),
  rows: z.int().nonnegative().describe('Rows with this vote'),
  log_loss: z.number().nullable().describe('Mean log loss of these rows; null where there are none'),
  recall: z.number().nullable().describe('Share of them predicted as this class; null where there are none'),
  predicted: z.number().describe('Mean probability of this class over all rows'),
});

/** Rows whose highest probability lies in one of 15 equal bins. */
export const reliabilityBinSchema = z.strictObject({
  rows: z.int().positive().describe('Rows in the bin; bins without rows are left out'),
  confidence: z.number().describe('Mean of their highest probabilities'),
  accuracy: z.number().describe('Share of them whose most probable class is the vote'),
});

/** Rows by how much longer their longer answer is. */
export const lengthBucketSchema = z.strictObject({
  from: z.number().describe('Characters of the longer answer over those of the shorter, at least'),
  below: z.number().nullable().describe('… and below; null: no limit'),
  rows: z.int().positive().describe('Rows in the bucket; buckets without rows are left out'),
  voted: z.number().describe('Share of votes for the longer answer, a tie counted as half'),
  predicted: z.number().describe('Mean probability of the longer answer plus half of that of a tie'),
  log_loss: z.number().describe('Mean log loss of the rows'),
});

/** Whether a model favours long answers beyond what people do. */
export const lengthBiasSchema = z.strictObject({
  rows: z.int().positive().describe('Rows with answers of different length'),
  voted: z.number().describe('Share of votes for the longer answer, a tie counted as half'),
  predicted: z.number().describe('Mean probability of the longer answer plus half of that of a tie'),
  excess: z.number().describe('predicted − voted: above 0 the model favours length more than people do'),
  interval: intervalSchema,
  buckets: z.array(lengthBucketSchema).describe('By the ratio of the two lengths, small ratios first'),
});

/** What changes when the answers change places. */
export const orderEffectSchema = z.strictObject({
  rows: z.int().positive().describe('Rows asked in both orders'),
  inconsistency: z.number().describe('Mean absolute difference of P(model_a) between the two orders'),
  flips: z.number().describe('Share of rows whose most probable class is another one in the other order'),
  toward_first: z
    .number()
    .describe(
      'Mean of P(an answer | shown first) − P(it | shown second): above 0 the first place is favoured',
    ),
  interval: intervalSchema,
});

/** Where the log loss of a step comes from. */
export const breakdownSchema = z.strictObject({
  step: z.string().describe('Step of the waterfall'),
  slice: sliceSchema,
  classes: z.array(classScoreSchema).describe('In the order of the labels'),
  confusion: z
    .array(z.array(z.int().nonnegative()))
    .describe('Rows by vote (line) and most probable class (column), in the order of the labels'),
  calibration_error: z
    .number()
    .describe('Expected calibration error: mean gap of confidence and accuracy over 15 equal bins, by rows'),
  reliability: z.array(reliabilityBinSchema).describe('The bins, least confident first'),
  length_bias: lengthBiasSchema.nullable().describe('null where the lengths of the answers are not known'),
  order_effect: orderEffectSchema.nullable().describe('null where rows were asked in one order only'),
});

export type Slice = z.infer<typeof sliceSchema>;
export type ClassScore = z.infer<typeof classScoreSchema>;
export type ReliabilityBin = z.infer<typeof reliabilityBinSchema>;
export type LengthBucket = z.infer<typeof lengthBucketSchema>;
export type LengthBias = z.infer<typeof lengthBiasSchema>;
export type OrderEffect = z.infer<typeof orderEffectSchema>;
export type Breakdown = z.infer<typeof breakdownSchema>;
