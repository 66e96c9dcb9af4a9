import { z } from 'zod';

import { digestSchema } from './digest.js';
import { metricsSchema } from './manifest.js';

/** How workflow code and stages name an artifact: small enough for a history. */
export const artifactReferenceSchema = z
  .strictObject({
    kind: z.string().describe('Stage kind that made it'),
    manifest_id: digestSchema.describe('Names the manifest document'),
    content_id: digestSchema.describe('Names the bytes; enters the keys of stages that read it'),
    metrics: metricsSchema,
  })
  .describe('A published artifact');

export type ArtifactReference = z.infer<typeof artifactReferenceSchema>;
