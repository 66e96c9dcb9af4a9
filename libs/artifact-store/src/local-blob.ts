import type { FileDigests } from './hash-file.js';

/** A local file that is to become one object, and what its bytes must be. */
export interface LocalBlob {
  readonly file: string;
  readonly digests: FileDigests;
  readonly mediaType: string;
}
