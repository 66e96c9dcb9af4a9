import { z } from 'zod';

/** The classes in the order of the head's outputs and of the submission's columns. */
export const labelsSchema = z
  .union(
    [
      z.tuple([z.literal('model_a'), z.literal('model_b'), z.literal('tie')]),
      z.tuple([z.literal('model_a'), z.literal('model_b')]),
    ],
    'write [model_a, model_b, tie] or [model_a, model_b]',
  )
  .describe('Classes in the order of head outputs and submission columns: with tie, or without');

export type Labels = z.infer<typeof labelsSchema>;
export type Label = 'model_a' | 'model_b' | 'tie';
