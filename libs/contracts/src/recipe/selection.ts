import { z } from 'zod';

/** Which weights a training ends with. */
export const selectionSchema = z
  .enum(['last', 'ema', 'best_dev'])
  .describe(
    'Which weights a training ends with. last: those of its last step; ema: their moving average over about the last tenth of the steps; best_dev: of ten points of the training the one with the least log loss on the dev rows of its fold, whose scores on these rows are then too good and are marked as optimistic. Without it: last',
  );

export type Selection = z.infer<typeof selectionSchema>;
