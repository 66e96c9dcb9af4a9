import type { ArtifactStore } from './artifact-store.js';

/** A mutable name for an artifact, as it was at one moment. */
export interface Ref {
  readonly manifest_id: string;
  readonly etag: string;
}

/** The artifact that refs/<kind>/<name>.json names, or undefined. @throws StoreUnavailable */
export function getRef(
  _store: ArtifactStore,
  _kind: string,
  _name: string,
  _signal?: AbortSignal,
): Promise<Ref | undefined> {
  throw new Error('not yet');
}

/**
 * Moves the name from the reading it replaces (undefined: it did not exist) to a manifest. Undefined when somebody
 * else moved it meanwhile: read it again and decide.
 *
 * @throws StoreUnavailable
 */
export function putRef(
  _store: ArtifactStore,
  _kind: string,
  _name: string,
  _manifestId: string,
  _replaces: Ref | undefined,
  _signal?: AbortSignal,
): Promise<Ref | undefined> {
  throw new Error('not yet');
}
