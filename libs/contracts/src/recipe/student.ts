import { z } from 'zod';

import { labelPolicySchema } from './label-policy.js';
import { lossesSchema } from './losses.js';
import { selectionSchema } from './selection.js';
import { gpusSchema } from './training.js';

export const fitSchema = z
  .union(
    [
      z.enum(['folds', 'full']),
      z.strictObject({
        full_seeds: z.int().min(2).max(20).describe('Students on all rows, each with an order of its own'),
      }),
    ],
    'write folds, full, or { full_seeds: 3 }',
  )
  .describe(
    'What is merged into one student. folds: a student per fold, each without its dev rows; full: one student of all rows but the blind ones; full_seeds: several of these, which start alike and see the rows in other orders. Without it: folds',
  );

export const studentSchema = z
  .strictObject({
    base: z.string().describe('Name of the model (under models) that is distilled into'),
    epochs: z.int().positive().default(2).describe('Passes over the training rows'),
    learning_rate: z.number().positive().default(5e-5).describe('Peak of the cosine schedule'),
    fit: fitSchema.optional(),
    selection: selectionSchema.optional(),
    labels: labelPolicySchema.optional(),
    losses: lossesSchema.prefault({}),
    gpus: gpusSchema,
  })
  .describe('The small model that learns from votes and teachers, one per fold unless fit says otherwise');
