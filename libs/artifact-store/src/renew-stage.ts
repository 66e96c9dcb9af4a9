import type { StageRegister } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';
import { changeClaim, isHeldBy } from './change-claim.js';
import { claimLost } from './claim-lost.js';
import type { StageClaim } from './claim-stage.js';

/** What the holder has made durable since it last renewed. */
export interface StageRenewal {
  /** Step of the checkpoint that has just reached the store. */
  readonly durableStep?: number | undefined;
}

/**
 * Says that the holder works: sets renewed_at, by which holders in another cluster are judged; with a durable step also
 * that, and the count of attempts without progress becomes 0. Answers the claim to go on with. A claim that its own
 * holder has published or released meanwhile is answered as it is.
 *
 * @throws StoreUnavailable; ClaimLost when a later term has the stage: whoever works under this claim stops
 */
export async function renewStage(
  store: ArtifactStore,
  kind: string,
  stageKey: string,
  claim: StageClaim,
  { durableStep }: StageRenewal,
  signal?: AbortSignal,
): Promise<StageClaim> {
  const renewed_at = new Date().toISOString();
  const renew = (register: StageRegister): StageRegister => ({
    ...register,
    renewed_at,
    ...(durableStep !== undefined && { durable_step: durableStep, attempts_without_progress: 0 }),
  });
  const now = await changeClaim(store, kind, stageKey, claim, renew, signal);
  if (now === undefined || !isHeldBy(now.register, claim)) throw claimLost(kind, claim, now?.register);
  return now.register.state === 'claimed' ? { ...claim, ...now } : claim;
}
