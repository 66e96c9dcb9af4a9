import { canonicalJson, type StageRegister } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';
import type { StageClaim } from './claim-stage.js';
import { readRegister, type RegisterReading } from './read-register.js';
import { contendedRegister, REGISTER_ROUNDS, writeRegister } from './write-register.js';

/**
 * Changes the register of a claim for as long as the claim's holder has it: the write is conditional on the claim's own
 * ETag, and after a refusal only a register that still carries the holder's nonce and is still claimed is written to.
 * So a holder that was stopped and goes on after another took over changes nothing (design, section 3: fencing).
 *
 * Answers the register as it stands now, changed or not; the caller looks. Undefined when it was deleted.
 *
 * @throws StoreUnavailable, ContractViolation
 */
export async function changeClaim(
  store: ArtifactStore,
  kind: string,
  stageKey: string,
  claim: StageClaim,
  change: (register: StageRegister) => StageRegister,
  signal: AbortSignal | undefined,
): Promise<RegisterReading | undefined> {
  let current: RegisterReading = claim;
  for (let round = 0; round < REGISTER_ROUNDS; round += 1) {
    const register = change(current.register);
    const etag = await writeRegister(store, kind, stageKey, register, current.etag, signal);
    if (etag !== undefined) return { register, etag };
    const found = await readRegister(store, kind, stageKey, signal);
    // What I wrote is there: the answer to the write was lost, not the write.
    if (found === undefined || canonicalJson(found.register) === canonicalJson(register)) return found;
    if (!isHeldBy(found.register, claim) || found.register.state !== 'claimed') return found;
    current = found;
  }
  throw contendedRegister(store, kind, stageKey);
}

/** Whether the register still carries the claim, in whatever state. */
export function isHeldBy(register: StageRegister, claim: StageClaim): boolean {
  return register.holder.nonce === claim.register.holder.nonce;
}
