import type { FileDigests } from './hash-file.js';

/** A local file that is to become an object of cas/, and what its bytes must be. */
export interface LocalBlob {
  readonly file: string;
  readonly digests: FileDigests;
  readonly mediaType: string;
}
