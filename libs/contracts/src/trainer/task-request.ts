import { z } from 'zod';

import { digestSchema } from '../artifact/digest.js';
import { taskParameters, type TaskName } from './task-parameters.js';

/** What may differ between two runs of the same stage without being another stage. Never hashed. */
export const executionSchema = z.strictObject({
  threads: z.int().positive().describe('Threads of torch (OMP_NUM_THREADS)'),
  device: z.enum(['cpu', 'cuda']).describe('Where tensors live'),
  micro_batch_tokens: z
    .int()
    .positive()
    .describe('Token budget of one micro-batch, padding included; a longer row stands alone'),
  ranks: z.int().positive().max(64).describe('Processes that share every step'),
});

export type Execution = z.infer<typeof executionSchema>;

/** Where a task keeps its checkpoints and which one it goes on from. */
export const checkpointingSchema = z.strictObject({
  folder: z
    .string()
    .describe('Folder for checkpoints: <step>/ appears by rename when it is whole; the caller removes it'),
  every_seconds: z
    .number()
    .positive()
    .describe('Shortest time between two; a task waits longer where saving costs more than 2 % of the time'),
  resume: z.string().nullable().describe('Folder of the checkpoint to go on from; null: from step 0'),
});

const envelope = {
  nacre_request: z.literal(1).describe('Version of this document'),
  stage: z
    .strictObject({
      kind: z.string().describe('Stage kind'),
      version: z.int().positive().describe('Version of the kind; a task of another version refuses'),
      name: z.string().describe('Name of the stage in the run'),
      key: digestSchema.describe('Stage key: a checkpoint of another key is refused'),
    })
    .describe('The stage this task computes'),
  execution: executionSchema.describe('How it is computed; never hashed'),
  inputs: z.record(z.string(), z.string()).describe('Folder of each input artifact by input name; read only'),
  input_contents: z
    .record(z.string(), digestSchema)
    .describe('content_id of each input by input name: by it a checkpoint says which data it has seen'),
  checkpoints: checkpointingSchema.nullable().describe('null: the task neither writes nor reads checkpoints'),
  output: z.string().describe('Empty folder for the files of the artifact'),
  events: z.string().describe('File to which JSON lines are appended'),
  result: z.string().describe('File written at the end'),
};

function request<Name extends TaskName>(task: Name) {
  return z.strictObject({
    ...envelope,
    task: z.literal(task).describe('Task name'),
    parameters: taskParameters[task].describe('Parameters of the task; they enter the stage key'),
  });
}

/** The request file of `python -m nacre_model TASK --request request.json`. Folders are absolute. */
export const taskRequestSchema = z.discriminatedUnion('task', [
  request('make-base-model'),
  request('tokenize'),
  request('train'),
  request('export-logits'),
  request('merge'),
  request('quantize'),
  request('predict'),
]);

export type TaskRequest = z.infer<typeof taskRequestSchema>;
