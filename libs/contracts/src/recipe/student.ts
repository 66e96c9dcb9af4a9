import { z } from 'zod';

import { labelPolicySchema } from './label-policy.js';
import { lossesSchema } from './losses.js';
import { selectionSchema } from './selection.js';
import { gpusSchema } from './training.js';

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
