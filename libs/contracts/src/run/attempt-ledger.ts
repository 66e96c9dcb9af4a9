import { z } from 'zod';

import { digestSchema } from '../artifact/digest.js';

const seconds = z.number().nonnegative();

/**
 * What one attempt of a stage did with its time: kept at runs/<run>/ledger/<stage-key>-<term>.json,
 * written while it works, so that an attempt whose node vanished is in the books too. The categories
 * sum up to the attempt's age; what they leave is `unaccounted`.
 */
export const attemptLedgerSchema = z.strictObject({
  nacre_ledger: z.literal(1).describe('Version of this document'),
  stage: z.string().describe('Name of the stage in the run'),
  kind: z.string().describe('Stage kind'),
  key: digestSchema.describe('Stage key'),
  term: z.int().positive().describe('Term of the claim'),
  worker: z.string().describe('Identity of the worker'),
  run_id: z.string().describe('Temporal run id'),
  started_at: z.number().describe('When it began, milliseconds since the epoch'),
  seen_at: z.number().describe('Newest moment this document tells about, milliseconds since the epoch'),
  ended: z
    .enum(['done', 'stopped', 'failed'])
    .nullable()
    .describe('done: published; stopped: as asked; null: at work, or vanished'),
  error: z.string().nullable().describe('Error name of a failed attempt'),
  first_step: z.int().nonnegative().describe('Step of the checkpoint it went on from; 0: from the beginning'),
  step: z.int().nonnegative().describe('Steps done when seen'),
  durable_step: z.int().nonnegative().describe('Step of its newest checkpoint in the store'),
  seconds: z
    .strictObject({
      wait: seconds.describe('Claim, waiting for a device, the way to the first event of a task'),
      load: seconds.describe('Fetching inputs, imports, reading models and data, writing the output'),
      step: seconds.describe('Steps, rows or layers, whatever became of them'),
      at_risk: seconds.describe('Of `step`: since the newest durable checkpoint'),
      evaluation: seconds.describe('Evaluation'),
      checkpoint: seconds.describe('Training that stood still for a checkpoint'),
      publish: seconds.describe('Upload, manifest and register after the task had ended'),
    })
    .describe('Where the time went'),
  uploads: z
    .strictObject({
      count: z.int().nonnegative().describe('Checkpoints uploaded'),
      seconds: seconds.describe('Time their uploads took while training went on'),
      bytes: z.int().nonnegative().describe('Their bytes'),
    })
    .describe('Checkpoints that reached the store'),
});

export type AttemptLedger = z.infer<typeof attemptLedgerSchema>;
