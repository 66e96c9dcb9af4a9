import type { Manifest } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';

/**
 * The manifest of that id, its bytes checked against the id.
 *
 * @throws StoreUnavailable, CorruptArtifact when it is absent or its bytes are not what its name says
 */
export function readManifest(_store: ArtifactStore, _manifestId: string, _signal?: AbortSignal): Promise<Manifest> {
  throw new Error('not yet');
}
