import { z } from 'zod';

import { costGateSchema } from './cost-gate.js';
import { labelsSchema } from './labels.js';
import { modelSchema } from './model.js';
import { plausibilitySchema } from './plausibility.js';
import { promptSchema } from './prompt.js';
import { runSettingsSchema } from './run-settings.js';
import { selectionSchema } from './selection.js';
import { sourceSchema } from './source.js';
import { studentSchema } from './student.js';
import { gpusSchema, trainingSchema } from './training.js';

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and hyphens, at most 40');
const sourceName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'lower-case letters, digits, hyphens and underscores, at most 40');

export const foldsSchema = z
  .strictObject({
    count: z
      .int()
      .min(2, 'at least 2 folds: with one there is nothing to hold out')
      .max(20)
      .default(5)
      .describe('Folds'),
    seed: z.int().nonnegative().default(2025).describe('Seed of the assignment'),
    group_by: z
      .enum(['exact_prompt', 'near_duplicate_prompt', 'none'])
      .default('exact_prompt')
      .describe(
        'exact_prompt: rows with the same normalised prompt share a fold; near_duplicate_prompt: rows with much the same words do; none: each row alone',
      ),
    blind_fraction: z
      .number()
      .min(0)
      .max(0.5)
      .default(0.05)
      .describe('Share of the train rows that no fold trains on or selects by'),
  })
  .describe('How train rows are split');

export const postPretrainSchema = z
  .strictObject({
    data: z.string().describe('Name of the source with use: post_pretrain'),
    epochs: z.int().positive().default(1).describe('Passes over the rows'),
    learning_rate: z.number().positive().default(1e-5).describe('Peak of the cosine schedule'),
    gpus: gpusSchema,
  })
  .describe('Training of every base on other preference data before the folds; its adapter carries over');

export const teacherSchema = z
  .strictObject({
    epochs: z.int().positive().default(1).describe('Passes over the training rows'),
    learning_rate: z.number().positive().default(1e-5).describe('Peak of the cosine schedule'),
    selection: selectionSchema.optional(),
    gpus: gpusSchema,
  })
  .describe('A large model trained once per fold; its key names the model');

export const mergeSchema = z
  .strictObject({
    method: z
      .enum(['product_mean', 'factor_mean'])
      .default('product_mean')
      .describe('product_mean: exact mean of B A; factor_mean: means of A and B apart, as the winner did'),
  })
  .describe('How the students of the folds become one');

export const quantizeSchema = z
  .strictObject({
    method: z.enum(['gptq', 'round_to_nearest']).default('gptq').describe('How int8 codes are chosen'),
    group_size: z.int().positive().default(128).describe('Columns per scale'),
    calibration_rows: z.int().positive().default(512).describe('Training rows whose activations calibrate'),
    damping: z.number().positive().default(0.1).describe('Share of the mean Hessian diagonal added to it'),
  })
  .describe('8-bit weights of the merged student');

export const predictSchema = z
  .strictObject({
    data: z.string().default('test').describe('Name of the source with use: test'),
    max_tokens: z.int().min(16).max(32_768).default(2000).describe('Longest sequence at prediction'),
    orders: z
      .enum(['both', 'as_given'])
      .default('both')
      .describe('both: mean of the probabilities of both answer orders'),
  })
  .describe('The prediction that is submitted');

/**
 * A recipe with every default applied. `resolved_by` is the stamp of the one function that applies
 * defaults (resolve-recipe.ts).
 */
export const recipeSchema = z
  .strictObject({
    nacre: z.literal(1).describe('Version of the recipe format'),
    name: name.describe('Name of the run; part of its workflow id'),
    resolved_by: z.string().optional().describe('Stamp: defaults are applied. Never written by hand'),
    labels: labelsSchema.default(['model_a', 'model_b', 'tie']),
    data: z.record(sourceName, sourceSchema).describe('Sources by name'),
    folds: foldsSchema.prefault({}),
    prompt: promptSchema.prefault({}),
    models: z.record(name, modelSchema).describe('Base models by name'),
    training: trainingSchema.prefault({}),
    post_pretrain: postPretrainSchema.optional(),
    teachers: z.record(name, teacherSchema).describe('Teachers by model name; may be empty'),
    student: studentSchema,
    controls: z
      .strictObject({
        student_alone: z
          .boolean()
          .default(false)
          .describe('Also train the student without teachers: same steps, cross-entropy only'),
        permuted_teachers: z
          .boolean()
          .optional()
          .describe(
            'Also train the student on teachers whose logits are dealt to other rows: it shows what any soft labels do. Without it: false',
          ),
        round_to_nearest: z
          .boolean()
          .optional()
          .describe(
            'Also round the merged student to the nearest 8-bit codes, without calibration, and measure it. Without it: false',
          ),
      })
      .prefault({})
      .describe('Arms that nothing needs but that show what a step is worth'),
    merge: mergeSchema.prefault({}),
    quantize: quantizeSchema.prefault({}),
    predict: predictSchema.prefault({}),
    gates: z
      .strictObject({
        leak: z
          .strictObject({
            otherwise: z
              .enum(['stop', 'drop', 'report'])
              .default('stop')
              .describe(
                'stop: a leak fails the run before any training; drop: rows that also stand in test or in the blind slice are trained on by nobody, what leaks after that fails the run; report: it is counted and named',
              ),
          })
          .prefault({})
          .describe('The same pair of answers on both sides of a split'),
        plausibility: plausibilitySchema.optional(),
        merge: costGateSchema
          .optional()
          .describe('The merged student against a single fold, before it is quantized. Left out: no gate'),
        quantize: costGateSchema
          .optional()
          .describe(
            'The 8-bit student against the merged one, before anything is predicted. Left out: no gate',
          ),
      })
      .prefault({})
      .describe('What must hold for the run to go on'),
    run: runSettingsSchema.prefault({}),
  })
  .describe('A Nacre recipe');

export type Recipe = z.infer<typeof recipeSchema>;
/** A recipe as people write it: defaults left out. */
export type RecipeInput = z.input<typeof recipeSchema>;
