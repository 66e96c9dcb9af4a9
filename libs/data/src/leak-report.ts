import { z } from 'zod';

const setNames = ['train', 'blind', 'extra', 'post_pretrain', 'test'] as const;

/** How many rows of one set have a twin in another. */
export const overlapSchema = z.strictObject({
  same: z
    .enum(['pair', 'prompt'])
    .describe('pair: prompt and both answers, in either order; prompt: the prompt alone'),
  set: z.enum(setNames).describe('The set whose rows are counted'),
  other: z.enum(setNames).describe('The set that holds their twins'),
  rows: z.int().nonnegative().describe('Rows of the set that have a twin in the other'),
  red: z.boolean().describe('Whether such rows make the gate red'),
});

/** leak.json: what the leak gate found. Ids only, never the texts. */
export const leakReportSchema = z.strictObject({
  nacre_leaks: z.literal(1).describe('Version of this document'),
  red: z.int().nonnegative().describe('Rows on the wrong side of a split, summed over the red overlaps'),
  overlaps: z.array(overlapSchema),
  worst: z
    .array(z.tuple([z.string(), z.string()]))
    .max(20)
    .describe('Example ids of twins, red ones first; at most 20'),
});

export type Overlap = z.infer<typeof overlapSchema>;
export type LeakReport = z.infer<typeof leakReportSchema>;
