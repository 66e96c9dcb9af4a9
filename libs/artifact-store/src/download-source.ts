import type { SourceDescription } from '@nacre/contracts/run';

import type { ArtifactStore } from './artifact-store.js';

/**
 * Downloads exactly the bytes that were described to a local file, which appears only whole.
 *
 * @throws StoreUnavailable, InvalidData when the source changed or went since it was described, CorruptArtifact when
 * bytes of cas:// do not have their digest, DoesNotFit when the disk is full
 */
export function downloadSource(
  _store: ArtifactStore,
  _uri: string,
  _expected: SourceDescription,
  _file: string,
  _signal?: AbortSignal,
): Promise<void> {
  throw new Error('not yet');
}
