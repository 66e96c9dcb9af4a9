import { claimStage, readRegister } from '@nacre/artifact-store';
import type { Holder } from '@nacre/contracts/artifact';
import { StageHeld } from '@nacre/contracts/errors';
import type { StageCall } from '@nacre/contracts/run';

import { ClaimedStage } from './claimed-stage.js';
import type { ActivityDependencies } from './dependencies.js';
import { FreshStage } from './fresh-stage.js';
import { isHolderLive } from './holder-liveness.js';
import { refuseFruitless, refuseFruitlessRerun } from './no-progress.js';
import type { OpenedStage } from './opened-stage.js';

const RENEWAL_MILLISECONDS = 3 * 60_000;

/**
 * Claims the stage for this attempt, or answers the manifest that is there already. A call that wants
 * it computed afresh goes past what is there.
 *
 * @throws StageHeld when another live run works on it; NoProgress when nobody gets anywhere
 */
export async function openStage(
  dependencies: ActivityDependencies,
  call: StageCall,
  holder: Holder,
): Promise<OpenedStage | { readonly manifest_id: string }> {
  const { store, client, renewalMilliseconds = RENEWAL_MILLISECONDS } = dependencies;
  const { kind, key } = call;
  if (call.fresh) {
    const register = (await readRegister(store, kind, key))?.register;
    if (register?.state === 'published') {
      refuseFruitlessRerun(call, holder.attempt);
      return new FreshStage(store, call, holder, register.term + 1);
    }
  }
  const outcome = await claimStage(store, kind, key, holder, (other, register) =>
    isHolderLive(client, { ...dependencies, ...call.run }, other, register),
  );
  if (outcome.state === 'published') return { manifest_id: outcome.manifest_id };
  if (outcome.state === 'held') throw heldBy(call, outcome.holder);
  await refuseFruitless(store, call, outcome);
  return new ClaimedStage(store, call, outcome, renewalMilliseconds);
}

/** The error of a stage that another live run works on. */
export function heldBy(call: StageCall, holder: Holder): StageHeld {
  return new StageHeld(
    `${call.name}: the run ${holder.workflow_id} is computing the same stage; its result will be used when it is there`,
    { workflow_id: holder.workflow_id, run_id: holder.run_id },
  );
}
