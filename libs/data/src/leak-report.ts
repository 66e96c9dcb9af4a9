import { z } from 'zod';

const setNames = ['train', 'blind', 'extra', 'post_pretrain', 'test'] as const;
const ids = z.tuple([z.string(), z.string()]).describe('Example ids of two rows');

/** How many rows of one set have a twin in another. */
export const overlapSchema = z.strictObject({
  same: z
    .enum(['pair', 'prompt', 'near_prompt'])
    .describe(
      'pair: prompt and both answers, in either order; prompt: the prompt alone; near_prompt: a near-duplicate of the prompt, where the prompt itself is not there',
    ),
  set: z.enum(setNames).describe('The set whose rows are counted'),
  other: z.enum(setNames).describe('The set that holds their twins'),
  rows: z.int().nonnegative().describe('Rows of the set that have a twin in the other'),
  red: z.boolean().describe('Whether such rows make the gate red'),
});

/** leak.json: what the leak gate found. Ids only, never the texts. */
export const leakReportSchema = z.strictObject({
  nacre_leaks: z.literal(2).describe('Version of this document'),
  red: z.int().nonnegative().describe('Rows on the wrong side of a split, summed over the red overlaps'),
  overlaps: z.array(overlapSchema),
  worst: z.array(ids).max(20).describe('Rows that are the same pair, red ones first; at most 20'),
  nearest: z
    .array(
      z.strictObject({
        ids,
        similarity: z.number().describe('Weighted Jaccard similarity of their shingles'),
      }),
    )
    .max(20)
    .describe('Rows whose prompts are near-duplicates, the most alike first; at most 20'),
  split: z
    .array(
      z.strictObject({
        rows: z.int().positive(),
        prompts: z.int().positive().describe('Different prompts among them'),
        example_id: z.string().describe('One of the rows'),
      }),
    )
    .max(20)
    .describe('Components of near-duplicates too large to be one: each prompt stands for itself; at most 20'),
});

export type Overlap = z.infer<typeof overlapSchema>;
export type LeakReport = z.infer<typeof leakReportSchema>;
