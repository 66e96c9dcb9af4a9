import { z } from 'zod';

import { artifactReferenceSchema } from '../artifact/artifact-reference.js';

/** One row of the stage table. */
export const stageStateSchema = z.strictObject({
  name: z.string().describe('Name of the stage in the run'),
  kind: z.string().describe('Stage kind'),
  model: z.string().nullable().describe('Model it is about, if any'),
  fold: z.int().nullable().describe('Fold it is about, if any'),
  state: z
    .enum([
      'waiting',
      'looking_up',
      'queued',
      'running',
      'paused',
      'hit',
      'done',
      'held',
      'skipped',
      'failed',
      'cancelled',
    ])
    .describe(
      'hit: reused from the store; held: waits for a person; paused: stopped until the run is resumed',
    ),
  queue: z.string().describe('Task queue it runs on'),
  needs: z.array(z.string()).describe('Names of the stages whose artifacts it reads'),
  message: z
    .string()
    .nullable()
    .describe('Why it is held, skipped or failed, or what is special about how it is computed; else null'),
  attempt: z.int().nonnegative().describe('Newest attempt known'),
  started_at: z.number().nullable().describe('Milliseconds since the epoch'),
  ended_at: z.number().nullable().describe('Milliseconds since the epoch'),
  artifact: artifactReferenceSchema.nullable().describe('What it made or found'),
});

export type StageState = z.infer<typeof stageStateSchema>;
