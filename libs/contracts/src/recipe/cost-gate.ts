import { z } from 'zod';

/** What a step may cost on the blind rows. */
export const costGateSchema = z
  .strictObject({
    max_log_loss_rise: z
      .number()
      .nonnegative()
      .describe('The gate passes where the whole 95 % interval of the paired difference is at most this'),
    otherwise: z
      .enum(['hold', 'report'])
      .default('hold')
      .describe(
        'hold: a step that costs more, or of which the rows cannot tell, waits for a person; report: it is said',
      ),
  })
  .describe('A step that must not cost too much');

export type CostGate = z.infer<typeof costGateSchema>;
