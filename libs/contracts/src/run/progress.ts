import { z } from 'zod';

import { stageStateSchema } from './stage-state.js';

/** Answer of the `progress` query: the whole run at a glance. */
export const progressSchema = z.strictObject({
  workflow_id: z.string().describe('Workflow id of the run'),
  run_id: z.string().describe('Temporal run id'),
  recipe_name: z.string().describe('name of the recipe'),
  state: z
    .enum(['running', 'paused', 'held', 'succeeded', 'failed', 'cancelled'])
    .describe('held: nothing else can run; paused: a person said so, and nothing runs until `resume`'),
  stages: z.array(stageStateSchema).describe('In the order in which the recipe first names them'),
  waits_for: z
    .array(
      z.strictObject({
        queue: z.string().describe('Task queue'),
        command: z.string().describe('Command that starts a worker for it'),
      }),
    )
    .describe('Queues that a needed stage waits on and nobody polls'),
  message: z.string().nullable().describe('Why the run failed or is held'),
});

export type Progress = z.infer<typeof progressSchema>;

/** Signal of an activity: few per stage, never per step. */
export const stageSignalSchema = z.strictObject({
  name: z.string().describe('Stage name'),
  phase: z.string().describe('started, or a phase of the task'),
  attempt: z.int().positive().describe('Temporal attempt number of the stage'),
});

export type StageSignal = z.infer<typeof stageSignalSchema>;

/** Update of a person: what becomes of a held stage. */
export const decisionSchema = z.strictObject({
  stage: z.string().describe('Name of the held stage'),
  action: z.enum(['retry', 'skip', 'abort']).describe('skip also skips what needs it; abort fails the run'),
});

export type Decision = z.infer<typeof decisionSchema>;

/** Details of a heartbeat, live figures for `watch` and the UI. */
export const heartbeatSchema = z.strictObject({
  stage: z.string().describe('Stage name'),
  phase: z.string().describe('claim, fetch, run, publish …'),
  done: z.number().nonnegative().describe('Steps, rows or layers done'),
  total: z.number().nonnegative().describe('Steps, rows or layers in all; 0 when unknown'),
  loss: z.number().nullable().describe('Newest training loss per row'),
  durable_step: z.int().nonnegative().nullable().describe('Step of the newest checkpoint in the store'),
});

export type Heartbeat = z.infer<typeof heartbeatSchema>;
