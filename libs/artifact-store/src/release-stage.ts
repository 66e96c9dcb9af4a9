import type { ArtifactStore } from './artifact-store.js';
import type { StageClaim } from './claim-stage.js';

/**
 * Gives a claim back after a clean stop, so that whoever comes next need not wait; the term stays counted. A claim that
 * somebody else has taken already is left alone.
 *
 * @throws StoreUnavailable
 */
export function releaseStage(
  _store: ArtifactStore,
  _kind: string,
  _stageKey: string,
  _claim: StageClaim,
  _signal?: AbortSignal,
): Promise<void> {
  throw new Error('not yet');
}
