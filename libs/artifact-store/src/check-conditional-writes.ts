import type { ArtifactStore } from './artifact-store.js';

/** One promise that the register needs of the store, and whether it held. */
export interface StoreCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * Tries the conditional writes that fencing rests on, races included, under a folder of its own that it removes.
 *
 * @throws StoreUnavailable when the store cannot be reached at all
 */
export function checkConditionalWrites(_store: ArtifactStore, _signal?: AbortSignal): Promise<StoreCheck[]> {
  throw new Error('not yet');
}
