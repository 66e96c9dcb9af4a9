import { z } from 'zod';

const at = { at: z.number().describe('Seconds since the epoch') };
const count = z.int().nonnegative();

/** What a task may spend time on: every second of its process is one of these. */
export const spendingSchema = z.enum(['load', 'step', 'evaluation', 'checkpoint', 'wait']);

export type Spending = z.infer<typeof spendingSchema>;

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
    type: z.literal('checkpoint-written'),
    step: count.describe('Steps that the checkpoint holds'),
    folder: z.string().describe('Its folder, absolute; whole and fsynced'),
    bytes: count.describe('Bytes of its files'),
    seconds: z.number().nonnegative().describe('Time for which training stood still'),
  }),
  z.strictObject({
    ...at,
    type: z.literal('checkpoint-loaded'),
    step: count.describe('Steps that need not be done again'),
    seconds: z.number().nonnegative().describe('Time that checking and reading it took'),
  }),
  z.strictObject({
    ...at,
    type: z.literal('evaluation-end'),
    step: count.describe('Steps done'),
    rows: count.describe('Rows evaluated'),
    loss: z.number().describe('Mean loss per row'),
    seconds: z.number().nonnegative().describe('Wall-clock time of the evaluation'),
  }),
  z.strictObject({
    ...at,
    type: z.literal('time-spent'),
    seconds: z
      .record(spendingSchema, z.number().nonnegative())
      .describe(
        'What the process has done with its time since its start, all categories; they sum up to its age',
      ),
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
