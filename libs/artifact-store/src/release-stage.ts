import type { ArtifactStore } from './artifact-store.js';
import type { StageClaim } from './claim-stage.js';
import { writeRegister } from './write-register.js';

/**
 * Gives a claim back after a clean stop, so that whoever comes next need not wait; the term stays counted. A claim that
 * somebody else has taken already is left alone.
 *
 * @throws StoreUnavailable
 */
export async function releaseStage(
  store: ArtifactStore,
  kind: string,
  stageKey: string,
  claim: StageClaim,
  signal?: AbortSignal,
): Promise<void> {
  await writeRegister(store, kind, stageKey, { ...claim.register, state: 'released' }, claim.etag, signal);
}
