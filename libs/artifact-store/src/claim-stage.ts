import type { Holder, StageRegister } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';
import { readRegister } from './read-register.js';
import { contendedRegister, REGISTER_ROUNDS, writeRegister } from './write-register.js';

/** The right to publish a stage, as long as the register still has this ETag. */
export interface StageClaim {
  readonly state: 'claimed';
  readonly term: number;
  readonly etag: string;
  readonly register: StageRegister;
}

/** How a claim ended: it is mine, somebody has published, or somebody who lives holds it. */
export type ClaimOutcome =
  | StageClaim
  | { readonly state: 'published'; readonly manifest_id: string; readonly register: StageRegister }
  | { readonly state: 'held'; readonly holder: Holder; readonly register: StageRegister };

/** Whether a holder still works: asked only about holders of other nonces whose claim was not released. */
export type IsLive = (holder: Holder, register: StageRegister) => Promise<boolean>;

/**
 * Claims the stage for a holder with the next term, unless it is published or held by a holder that lives.
 * Of any number of claims at the same time one wins. An answer lost on the way is recognised by the holder's nonce.
 *
 * @throws StoreUnavailable
 */
export async function claimStage(
  store: ArtifactStore,
  kind: string,
  stageKey: string,
  holder: Holder,
  isLive: IsLive,
  signal?: AbortSignal,
): Promise<ClaimOutcome> {
  for (let round = 0; round < REGISTER_ROUNDS; round += 1) {
    const found = await readRegister(store, kind, stageKey, signal);
    if (found !== undefined) {
      const { register, etag } = found;
      if (register.state === 'published' && register.manifest_id !== undefined) {
        return { state: 'published', manifest_id: register.manifest_id, register };
      }
      if (register.state === 'claimed') {
        if (register.holder.nonce === holder.nonce) {
          return { state: 'claimed', term: register.term, etag, register };
        }
        if (await isLive(register.holder, register))
          return { state: 'held', holder: register.holder, register };
      }
    }
    const register = nextTerm(found?.register, holder);
    const etag = await writeRegister(store, kind, stageKey, register, found?.etag, signal);
    if (etag !== undefined) return { state: 'claimed', term: register.term, etag, register };
  }
  throw contendedRegister(store, kind, stageKey);
}

/**
 * Attempts without progress after an attempt that did not end as asked: one more, unless it made a checkpoint durable,
 * which its register tells because a claim begins without a durable step.
 */
export function countFruitless({ attempts_without_progress, durable_step }: StageRegister): number {
  return attempts_without_progress + (durable_step === undefined ? 1 : 0);
}

function nextTerm(previous: StageRegister | undefined, holder: Holder): StageRegister {
  let fruitless = 0;
  if (previous !== undefined) {
    // A release has counted itself; a holder that vanished could not.
    fruitless = previous.state === 'released' ? previous.attempts_without_progress : countFruitless(previous);
  }
  return {
    nacre_register: 1,
    term: (previous?.term ?? 0) + 1,
    state: 'claimed',
    holder,
    claimed_at: new Date().toISOString(),
    attempts_without_progress: fruitless,
  };
}
