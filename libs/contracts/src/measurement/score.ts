import { z } from 'zod';

/** A 95 % interval, bootstrapped by prompt group. */
export const intervalSchema = z
  .tuple([z.number(), z.number()])
  .describe('95 % interval, bootstrapped by prompt group');

/** How well labelled rows were predicted. */
export const scoreSchema = z.strictObject({
  rows: z.int().nonnegative().describe('Labelled rows scored'),
  groups: z.int().nonnegative().describe('Prompt groups among them'),
  log_loss: z.number().describe('Mean negative log probability of the vote, natural logarithm'),
  interval: intervalSchema,
  accuracy: z.number().describe('Share of rows whose most probable class is the vote'),
});

/** One prediction against another on the same rows. */
export const differenceSchema = z.strictObject({
  to: z.string().describe('Step it is compared with'),
  rows: z.int().nonnegative().describe('Labelled rows that both scored'),
  value: z.number().describe('Mean paired difference of log loss, this minus that: below 0 is better'),
  interval: intervalSchema,
});

export type Score = z.infer<typeof scoreSchema>;
export type Difference = z.infer<typeof differenceSchema>;
