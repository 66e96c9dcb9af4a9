import { z } from 'zod';

import { labelPolicySchema } from './label-policy.js';
import { selectionSchema } from './selection.js';
import { gpusSchema } from './training.js';

/**
 * The distillation loss of a row: (w_ce CE + sum over teachers of w_kl KL(teacher || student) +
 * w_cos (1 - cos(p_teacher, p_student))) / (number of terms with a weight above 0, per teacher).
 * With all weights 1 it is the winner's mean of 1 + 2 * teachers terms.
 */
export const lossesSchema = z
  .strictObject({
    cross_entropy: z.number().nonnegative().default(1).describe('Weight of cross-entropy with the votes'),
    kl: z.number().nonnegative().default(1).describe('Weight of KL(teacher || student), per teacher'),
    cosine: z
      .number()
      .nonnegative()
      .default(1)
      .describe('Weight of 1 - cosine of the two probability vectors, per teacher'),
    temperature: z.number().positive().default(1).describe('Temperature of both softmaxes in the KL term'),
  })
  .refine((losses) => losses.cross_entropy + losses.kl + losses.cosine > 0, 'every loss has weight 0')
  .describe('Weights of the terms of the distillation loss');

export const studentSchema = z
  .strictObject({
    base: z.string().describe('Name of the model (under models) that is distilled into'),
    epochs: z.int().positive().default(2).describe('Passes over the training rows'),
    learning_rate: z.number().positive().default(5e-5).describe('Peak of the cosine schedule'),
    selection: selectionSchema.optional(),
    labels: labelPolicySchema.optional(),
    losses: lossesSchema.prefault({}),
    gpus: gpusSchema,
  })
  .describe('The small model that learns from votes and teachers, one per fold');
