import type { ArtifactStore } from './artifact-store.js';
import { changeClaim } from './change-claim.js';
import type { StageClaim } from './claim-stage.js';

/**
 * Gives a claim back with the count of attempts without progress at 0: the stage is held for a person, and a retry
 * that the person asks for begins to count anew.
 *
 * @throws StoreUnavailable
 */
export async function resetAttempts(
  store: ArtifactStore,
  kind: string,
  stageKey: string,
  claim: StageClaim,
  signal?: AbortSignal,
): Promise<void> {
  await changeClaim(
    store,
    kind,
    stageKey,
    claim,
    (register) => ({ ...register, state: 'released', attempts_without_progress: 0 }),
    signal,
  );
}
