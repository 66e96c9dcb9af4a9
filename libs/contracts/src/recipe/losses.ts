import { z } from 'zod';

const weight = z.number().nonnegative();
const js = weight
  .optional()
  .describe('Weight of the Jensen-Shannon divergence of both at the temperature, per teacher. Without it: 0');
const logit_mse = weight
  .optional()
  .describe(
    'Weight of the mean squared difference of the logits less their mean, per teacher. Without it: 0',
  );

/** Weights that the rows of one source have instead of the common ones. */
const sourceLossesSchema = z
  .strictObject({
    cross_entropy: weight
      .optional()
      .describe('Weight of cross-entropy with the votes; with 0 rows need none'),
    kl: weight.optional().describe('Weight of KL(teacher || student), per teacher'),
    cosine: weight.optional().describe('Weight of 1 - cosine of the two probability vectors, per teacher'),
    js,
    logit_mse,
  })
  .describe('Weights for the rows of one source; what is left out is as for all');

/**
 * The distillation loss of a row: (w_ce CE + sum over teachers of w_kl KL(teacher || student) +
 * w_cos (1 - cos(p_teacher, p_student)) + w_js JS + w_mse MSE of centred logits) / (number of terms with a
 * weight above 0, per teacher). With all weights 1 and the last two absent it is the winner's mean of
 * 1 + 2 * teachers terms.
 */
export const lossesSchema = z
  .strictObject({
    cross_entropy: weight.default(1).describe('Weight of cross-entropy with the votes'),
    kl: weight.default(1).describe('Weight of KL(teacher || student), per teacher'),
    cosine: weight.default(1).describe('Weight of 1 - cosine of the two probability vectors, per teacher'),
    js,
    logit_mse,
    temperature: z
      .number()
      .positive()
      .default(1)
      .describe('Temperature of both softmaxes in the KL and JS terms'),
    by_source: z
      .record(z.string(), sourceLossesSchema)
      .optional()
      .describe('Other weights for the rows of single sources, by the name of the source'),
  })
  .refine(
    ({ cross_entropy, kl, cosine, js = 0, logit_mse = 0 }) =>
      cross_entropy + kl + cosine + js + logit_mse > 0,
    'every loss has weight 0',
  )
  .describe('Weights of the terms of the distillation loss');

export type Losses = z.infer<typeof lossesSchema>;
