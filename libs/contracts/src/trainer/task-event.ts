import { z } from 'zod';

const at = { at: z.number().describe('Seconds since the epoch') };
const count = z.int().nonnegative();

/** One line of the events file. No NaN, no private text. */
export const taskEventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...at,
    type: z.literal('task-start'),
    task: z.string().describe('Task name'),
    pid: count.describe('Process id'),
  }),
  z.strictObject({
    ...at,
    type: z.literal('phase-start'),
    phase: z.string().describe('What the task does from now on'),
  }),
  z.strictObject({
    ...at,
    type: z.literal('step-end'),
    step: count.describe('Steps done'),
    steps: count.describe('Steps in all'),
    epoch: z.number().describe('Epochs done, fractional'),
    loss: z.number().describe('Mean loss per row of the step'),
    learning_rate: z.number().describe('Learning rate of the step'),
    tokens: count.describe('Real tokens of the step'),
    padded_tokens: count.describe('Tokens computed, padding included'),
    seconds: z.number().nonnegative().describe('Wall-clock time of the step'),
  }),
  z.strictObject({
    ...at,
    type: z.literal('rows-written'),
    rows: count.describe('Rows written so far'),
    total: count.describe('Rows in all'),
  }),
  z.strictObject({
    ...at,
    type: z.literal('layer-quantized'),
    layer: count.describe('Layers done'),
    layers: count.describe('Layers in all'),
    relative_error: z.number().nonnegative().describe('Summed output error of the layer over its norm'),
  }),
  z.strictObject({
    ...at,
    type: z.literal('memory-peak'),
    bytes: count.describe('Resident set or device memory'),
  }),
  z.strictObject({
    ...at,
    type: z.literal('task-end'),
    seconds: z.number().nonnegative().describe('Wall-clock time of the task'),
  }),
]);

export type TaskEvent = z.infer<typeof taskEventSchema>;
