import { z } from 'zod';

import { durationSchema } from './duration.js';

export const gpuPoolSchema = z
  .strictObject({
    queue: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens')
      .default('local')
      .describe('Pool name; workers poll nacre-gpu-<queue>'),
    concurrency: z.int().positive().default(1).describe('Stages of this run at the same time'),
    heartbeat_timeout: durationSchema.default('90s').describe('Silence after which a worker counts as lost'),
    device: z.enum(['cpu', 'cuda']).default('cuda').describe('Where tensors live'),
    threads: z.int().positive().default(1).describe('Threads of torch per task'),
    micro_batch_tokens: z.int().positive().default(8192).describe('Token budget of one micro-batch'),
    stall_timeout: durationSchema
      .default('15m')
      .describe(
        'Silence of a task itself (no step, no row, no phase) after which it counts as hung and is ended',
      ),
  })
  .describe('Workers for training, logits, merging, quantization and prediction');

export const cpuPoolSchema = z
  .strictObject({
    concurrency: z.int().positive().default(4).describe('Data stages of this run at the same time'),
    heartbeat_timeout: durationSchema.default('90s').describe('Silence after which a worker counts as lost'),
  })
  .describe('Workers for data stages');

/** How a run is carried out. Nothing here ever enters a stage key. */
export const runSettingsSchema = z
  .strictObject({
    pools: z
      .strictObject({ gpu: gpuPoolSchema.prefault({}), cpu: cpuPoolSchema.prefault({}) })
      .prefault({})
      .describe('Pools of workers'),
    checkpoint_every: durationSchema
      .default('10m')
      .describe('Shortest time between two checkpoints of a training; longer where one is expensive'),
    checkpoints_kept: z
      .int()
      .positive()
      .default(2)
      .describe('Newest checkpoints of a stage that are kept; an older one replaces a damaged one'),
    cache: z
      .strictObject({
        off: z
          .array(z.string())
          .default([])
          .describe('Stages that are computed even where the store has them, as `nacre start --rerun`'),
      })
      .prefault({})
      .describe('Reuse of what the store has'),
    until: z
      .string()
      .optional()
      .describe('Only this stage and what it needs are computed, as `nacre start --until`'),
  })
  .describe('How a run is carried out; nothing here enters a stage key');

export type RunSettings = z.infer<typeof runSettingsSchema>;
