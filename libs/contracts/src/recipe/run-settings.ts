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
  })
  .describe('How a run is carried out; nothing here enters a stage key');

export type RunSettings = z.infer<typeof runSettingsSchema>;
