import { z } from 'zod';

import { taskParameters, type TaskName } from './task-parameters.js';

/** What may differ between two runs of the same stage without being another stage. Never hashed. */
export const executionSchema = z.strictObject({
  threads: z.int().positive().describe('Threads of torch (OMP_NUM_THREADS)'),
  device: z.enum(['cpu', 'cuda']).describe('Where tensors live'),
  micro_batch_tokens: z
    .int()
    .positive()
    .describe('Token budget of one micro-batch, padding included; a longer row stands alone'),
  ranks: z.literal(1).describe('Processes of the launcher'),
});

export type Execution = z.infer<typeof executionSchema>;

const envelope = {
  nacre_request: z.literal(1).describe('Version of this document'),
  stage: z
    .strictObject({
      kind: z.string().describe('Stage kind'),
      version: z.int().positive().describe('Version of the kind; a task of another version refuses'),
      name: z.string().describe('Name of the stage in the run'),
    })
    .describe('The stage this task computes'),
  execution: executionSchema.describe('How it is computed; never hashed'),
  inputs: z.record(z.string(), z.string()).describe('Folder of each input artifact by input name; read only'),
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
