import type { ArtifactStore } from './artifact-store.js';

/**
 * Bytes of one small document of an artifact, checked against the manifest; held in memory whole.
 *
 * @throws StoreUnavailable, CorruptArtifact, ContractViolation when the artifact has no such path
 */
export function readArtifactFile(
  _store: ArtifactStore,
  _manifestId: string,
  _path: string,
  _signal?: AbortSignal,
): Promise<Buffer> {
  throw new Error('not yet');
}
