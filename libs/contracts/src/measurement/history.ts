import { z } from 'zod';

/** history.json of a training stage: the loss curve. Holds no times, so that equal runs have equal bytes. */
export const historySchema = z.strictObject({
  steps: z
    .array(
      z.strictObject({
        step: z.int().positive().describe('Optimizer step, from 1'),
        loss: z.number().describe('Mean loss per row of the step'),
        learning_rate: z.number().describe('Learning rate of the step'),
        rows: z.int().positive().describe('Rows of the step, swapped copies included'),
        dev_log_loss: z
          .number()
          .optional()
          .describe('Mean log loss of the dev rows after the step, where weights are chosen by it'),
      }),
    )
    .describe('Every optimizer step in order'),
});

export type History = z.infer<typeof historySchema>;
