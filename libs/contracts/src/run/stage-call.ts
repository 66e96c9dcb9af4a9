import { z } from 'zod';

import { artifactReferenceSchema } from '../artifact/artifact-reference.js';
import { digestSchema } from '../artifact/digest.js';
import { durationSchema } from '../recipe/duration.js';
import { gpuPoolSchema } from '../recipe/run-settings.js';

/**
 * Everything an activity needs to compute one stage. `key`, `kind`, `version`, `parameters` and
 * `inputs` say what; `execution` and `run` only how and for whom.
 */
export const stageCallSchema = z.strictObject({
  key: digestSchema.describe('Stage key'),
  kind: z.string().describe('Stage kind'),
  version: z.int().positive().describe('Version of the kind'),
  name: z.string().describe('Name in the run: kind, model and fold, e.g. teacher/llama-tiny/fold-0'),
  parameters: z.record(z.string(), z.unknown()).describe('Parameters; hashed'),
  inputs: z
    .record(z.string(), artifactReferenceSchema)
    .describe('Input artifacts by input name; hashed by content'),
  execution: gpuPoolSchema
    .pick({
      device: true,
      threads: true,
      micro_batch_tokens: true,
      stall_timeout: true,
      heartbeat_timeout: true,
    })
    .extend({
      gpus: z.int().positive().describe('GPUs, or processes on the CPU, that share every step'),
      rung: z
        .int()
        .nonnegative()
        .describe('Times that micro_batch_tokens was halved after a device ran out of memory'),
      checkpoint_every: durationSchema.describe('Shortest time between two checkpoints'),
      checkpoints_kept: z.int().positive().describe('Newest checkpoints that are kept'),
    })
    .describe('Not hashed'),
  fresh: z
    .boolean()
    .describe('Compute it even where the store has it; what is there stays until other bytes replace it'),
  run: z
    .strictObject({
      workflow_id: z.string().describe('Workflow id of the run'),
      run_id: z.string().describe('Temporal run id'),
    })
    .describe('For whom'),
});

export type StageCall = z.infer<typeof stageCallSchema>;
