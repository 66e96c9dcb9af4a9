import { z } from 'zod';

/** Update of a person: nothing of the run runs until it is resumed; trainers write a checkpoint first. */
export const pauseRequestSchema = z.strictObject({
  reason: z.string().max(200).nullable().describe('Why, shown to whoever looks at the run; null: not said'),
});

export type PauseRequest = z.infer<typeof pauseRequestSchema>;
