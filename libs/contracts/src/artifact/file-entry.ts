import { z } from 'zod';

import { digestSchema } from './digest.js';

/** Bytes covered by one leaf digest and by one part of a multipart upload: 64 MiB. */
export const LEAF_SIZE = 64 * 1024 * 1024;

/** One file of an artifact: where it stands in the artifact's folder and what its bytes are. */
export const fileEntrySchema = z
  .strictObject({
    path: z
      .string()
      .regex(/^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^\\\0]+$/)
      .describe('Relative path with forward slashes; never absolute, never with . or .. segments'),
    sha256: digestSchema.describe('sha256 of the whole file; also its address in cas/'),
    size: z.int().nonnegative().describe('Bytes'),
    leaves: z.array(digestSchema).describe('sha256 of each 64 MiB leaf in order; empty for an empty file'),
    media_type: z.string().describe('Media type, for readers and for the bucket'),
  })
  .describe('One file of an artifact');

export type FileEntry = z.infer<typeof fileEntrySchema>;
