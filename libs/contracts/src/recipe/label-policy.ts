import { z } from 'zod';

/** Which teachers may label a training row of a student; rows that none of them has seen get the mean of all. */
export const labelPolicySchema = z
  .enum(['in_sample', 'out_of_fold', 'nested'])
  .describe(
    "in_sample: the teachers of the student's own fold, which were trained on the row (the winner's); out_of_fold: the teachers that held the row out, after which only blind rows measure the student; nested: teachers that held out both the row and the student's dev fold, one per pair of folds. Without it: in_sample",
  );

export type LabelPolicy = z.infer<typeof labelPolicySchema>;

/** What a recipe that names no policy means. */
export const DEFAULT_LABEL_POLICY: LabelPolicy = 'in_sample';
