import { z } from 'zod';

/** A log loss that no honest model reaches on the rows at hand. */
export const plausibilitySchema = z
  .strictObject({
    min_log_loss: z
      .number()
      .positive()
      .describe('A log loss below it, on dev or blind rows, fails the run before a submission is written'),
  })
  .describe('Figures too good to be true, which speak of rows that were trained on. Left out: none is');
