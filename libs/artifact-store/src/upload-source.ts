import type { ArtifactStore } from './artifact-store.js';

/**
 * Puts a local file into cas/ and answers its name, cas://sha256/<hex>. Sent only when the store lacks it.
 *
 * @throws StoreUnavailable, InvalidData when the file cannot be read
 */
export function uploadSource(_store: ArtifactStore, _file: string, _signal?: AbortSignal): Promise<string> {
  throw new Error('not yet');
}
