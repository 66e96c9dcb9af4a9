import { z } from 'zod';

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and hyphens, at most 40');
const recipeKey = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$/, 'a key of the recipe, e.g. student.epochs');

/** The model whose loss on the blind rows a study compares. */
export const measuredModelSchema = z
  .enum(['single_fold', 'student', 'merged', 'quantized'])
  .describe(
    'single_fold: the students of the folds one at a time, losses averaged; student: the mean of their probabilities; merged: the one student made of them; quantized: that in 8 bits',
  );

export type MeasuredModel = z.infer<typeof measuredModelSchema>;

/**
 * A study: one question, asked of recipes that differ in what their arms say, each with every seed. Every arm is
 * compared on the blind rows, which no model of any label policy trains on or is chosen by.
 */
export const studySchema = z
  .strictObject({
    nacre_study: z.literal(1).describe('Version of the study format'),
    name: name.describe('Name of the study; its runs are named <study>-<arm>'),
    question: z.string().min(1).describe('What is asked, in one sentence'),
    recipe: z.string().min(1).describe('Recipe file that every arm starts from, relative to the study'),
    seeds: z
      .array(z.int().nonnegative())
      .min(1)
      .refine((seeds) => new Set(seeds).size === seeds.length, 'a seed stands twice')
      .describe('Every arm is run once with each'),
    seed_keys: z
      .array(recipeKey)
      .min(1)
      .default(['training.seed'])
      .describe('Keys of the recipe that get the seed. folds.seed also draws other blind rows'),
    measured: measuredModelSchema.default('merged'),
    arms: z
      .record(name, z.record(recipeKey, z.unknown()))
      .refine((arms) => Object.keys(arms).length >= 2, 'a comparison needs at least two arms')
      .describe('By name: what the arm changes in the recipe, as --set does; null removes a key'),
    baseline: name.describe('Arm that the others are compared with'),
    against: z
      .record(name, name)
      .default({})
      .describe('Arms that are compared with another one than the baseline'),
    estimate_seconds: z
      .number()
      .positive()
      .optional()
      .describe('What one run is thought to take, until one has been measured'),
    budget_minutes: z
      .number()
      .positive()
      .optional()
      .describe('A study that is predicted to take longer in all is not begun'),
  })
  .describe('A study');

export type Study = z.infer<typeof studySchema>;
