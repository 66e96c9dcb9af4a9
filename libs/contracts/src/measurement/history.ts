import { z } from 'zod';

/** history.json of a training stage: the loss curve. Holds no times, so that equal runs have equal bytes. */
export const historySchema = z.strictObject({
  steps: z
    .array(
      z.strictObject({
        step: z.int().positive(),
        loss: z.number().describe('Mean loss per row of the step'),
        learning_rate: z.number(),
        rows: z.int().positive(),
      }),
    )
    .describe('Every optimizer step in order'),
});

export type History = z.infer<typeof historySchema>;
