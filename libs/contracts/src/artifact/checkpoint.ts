import { z } from 'zod';

import { digestSchema } from './digest.js';
import { environmentSchema } from './manifest.js';

/** Name of the file that makes a folder a checkpoint; written last, uploaded last. */
export const CHECKPOINT_FILE = 'checkpoint.json';

/**
 * What a checkpoint says about itself: which stage it is of, on which data, how far it is, and the
 * digest of every file beside it. Whoever goes on from it compares all of that with the request
 * (design, section 6); a difference is named and the checkpoint refused.
 */
export const checkpointSchema = z.strictObject({
  nacre_checkpoint: z.literal(1).describe('Version of this document'),
  stage: z
    .strictObject({
      kind: z.string().describe('Stage kind'),
      version: z.int().positive().describe('Version of the kind'),
      key: digestSchema.describe('Stage key'),
    })
    .describe('The stage it belongs to'),
  parameters: z.record(z.string(), z.unknown()).describe('Parameters of the request'),
  input_contents: z.record(z.string(), digestSchema).describe('content_id of each input'),
  step: z.int().nonnegative().describe('Steps done'),
  steps: z.int().positive().describe('Steps in all'),
  environment: environmentSchema,
  files: z
    .array(
      z.strictObject({
        path: z.string().describe('Path in the folder'),
        sha256: digestSchema.describe('sha256 of the bytes'),
        size: z.int().nonnegative().describe('Bytes'),
      }),
    )
    .describe('Every other file, sorted by path'),
});

export type Checkpoint = z.infer<typeof checkpointSchema>;
