import { z } from 'zod';

/** What a HEAD request says of a source's bytes: enough to see that they changed. */
export const sourceDescriptionSchema = z.strictObject({
  uri: z.string().describe('s3://… or cas://sha256/…'),
  etag: z.string().describe('ETag without quotes; the sha256 for cas://'),
  size: z.int().nonnegative().describe('Bytes'),
  version_id: z.string().nullable().describe('Version id where the bucket has versions'),
});

export type SourceDescription = z.infer<typeof sourceDescriptionSchema>;
