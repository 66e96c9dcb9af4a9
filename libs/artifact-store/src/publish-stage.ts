import type { ArtifactStore } from './artifact-store.js';
import type { StageClaim } from './claim-stage.js';

/** What the register says in the end: my manifest, or the one that a later term published before me. */
export type StagePublication =
  | { readonly state: 'published'; readonly manifest_id: string }
  | {
      readonly state: 'adopted';
      readonly manifest_id: string;
      /** Whether the adopted bytes differ from mine: to be recorded, never silent. */
      readonly diverged: boolean;
    };

/**
 * Publishes the manifest under the claim. The write is conditional on the claim's own ETag, so a holder that was
 * stopped and goes on after another took over cannot publish.
 *
 * @throws StoreUnavailable, ClaimLost when a later term holds the stage and has not published
 */
export function publishStage(
  _store: ArtifactStore,
  _kind: string,
  _stageKey: string,
  _claim: StageClaim,
  _manifestId: string,
  _signal?: AbortSignal,
): Promise<StagePublication> {
  throw new Error('not yet');
}
