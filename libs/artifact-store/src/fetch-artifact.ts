import type { Manifest } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';

/** Where fetched bytes go. */
export interface FetchOptions {
  /** Verified blobs by digest, shared by every fetch of this machine. */
  readonly cacheFolder: string;
  /** Gets the artifact's files at their relative paths; made when absent. */
  readonly folder: string;
  /** link (default): read-only hard links into the cache where the file system allows; copy: files to write in. */
  readonly as?: 'link' | 'copy';
  readonly signal?: AbortSignal;
}

/**
 * Lays the artifact's files out in a folder. Every 64 MiB leaf is checked on its way in; a blob becomes visible in the
 * cache only whole. Fetches of the same blob at the same time, in other processes too, do no harm.
 *
 * @throws StoreUnavailable, CorruptArtifact (naming key and leaf), DoesNotFit when the disk is full
 */
export function fetchArtifact(_store: ArtifactStore, _manifestId: string, _options: FetchOptions): Promise<Manifest> {
  throw new Error('not yet');
}
