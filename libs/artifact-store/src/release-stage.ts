import type { ArtifactStore } from './artifact-store.js';
import { changeClaim } from './change-claim.js';
import { countFruitless, type StageClaim } from './claim-stage.js';

/** Why a claim is given back. */
export interface StageRelease {
  /** A stop that was asked for (cancel, pause, shutdown): it does not count as an attempt without progress. */
  readonly asked: boolean;
}

/**
 * Gives a claim back after a stop or a failure, so that whoever comes next need not wait; the term stays counted. A
 * failure counts as an attempt without progress unless this term made a checkpoint durable. A claim that somebody else
 * has taken already is left alone.
 *
 * @throws StoreUnavailable
 */
export async function releaseStage(
  store: ArtifactStore,
  kind: string,
  stageKey: string,
  claim: StageClaim,
  { asked }: StageRelease,
  signal?: AbortSignal,
): Promise<void> {
  await changeClaim(
    store,
    kind,
    stageKey,
    claim,
    (register) => ({
      ...register,
      state: 'released',
      attempts_without_progress: asked ? register.attempts_without_progress : countFruitless(register),
    }),
    signal,
  );
}
