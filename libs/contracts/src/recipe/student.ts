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

export const studentStageSchema = z
  .strictObject({
    data: z.array(z.string()).min(1).describe('Sources whose rows it trains on, of use train or extra'),
    targets: z
      .enum(['votes', 'teachers', 'both'])
      .default('both')
      .describe('votes: cross-entropy alone; teachers: the other losses alone; both: all of student.losses'),
    epochs: z.int().positive().describe('Passes over these rows'),
    learning_rate: z.number().positive().describe('Peak of its cosine schedule'),
  })
  .describe('One training of a student that has several');

export const studentSchema = z
  .strictObject({
    base: z.string().describe('Name of the model (under models) that is distilled into'),
    epochs: z.int().positive().default(2).describe('Passes over the training rows'),
    learning_rate: z.number().positive().default(5e-5).describe('Peak of the cosine schedule'),
    stages: z
      .array(studentStageSchema)
      .min(1)
      .max(10)
      .optional()
      .describe(
        'Trainings one after the other, in place of one of student.epochs at student.learning_rate: each goes on from the adapter and the head of the one before, with a schedule of its own. Without it: one, on all rows',
      ),
    fit: fitSchema.optional(),
    selection: selectionSchema.optional(),
    labels: labelPolicySchema.optional(),
    losses: lossesSchema.prefault({}),
    gpus: gpusSchema,
  })
  .describe('The small model that learns from votes and teachers, one per fold unless fit says otherwise');
