import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** Bytes of a source, verified and copied into the store. Output: one file, `source`. */
export const importSource = defineStage({
  kind: 'import_source',
  version: 1,
  pool: 'cpu',
  parameters: z.strictObject({
    uri: z.string().describe('s3://… or cas://sha256/…'),
    etag: z.string().describe('ETag that the bytes must still have'),
    size: z.int().nonnegative().describe('Bytes'),
    version_id: z.string().nullable().describe('Version id where the bucket has versions'),
  }),
  sources: ['libs/activities/src/stages/import-source.ts'],
});
