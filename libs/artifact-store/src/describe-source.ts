import type { SourceDescription } from '@nacre/contracts/run';

import type { ArtifactStore } from './artifact-store.js';

/**
 * What a HEAD request says of s3://bucket/key (any bucket that the store's endpoint and credentials reach) or
 * cas://sha256/<hex> (in the store itself).
 *
 * @throws StoreUnavailable, InvalidData naming the URI when nothing is there
 */
export function describeSource(_store: ArtifactStore, _uri: string, _signal?: AbortSignal): Promise<SourceDescription> {
  throw new Error('not yet');
}
