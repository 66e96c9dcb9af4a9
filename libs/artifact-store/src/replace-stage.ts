import type { Holder, StageRegister } from '@nacre/contracts/artifact';
import { ContractViolation } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { readManifest } from './read-manifest.js';
import { readRegister } from './read-register.js';
import { contendedRegister, REGISTER_ROUNDS, writeRegister } from './write-register.js';

/** What became of a published stage that was computed afresh. */
export interface StageReplacement {
  /** unchanged: the bytes are what was published already, and the register is as it was. */
  readonly state: 'replaced' | 'unchanged';
  /** What the register names now. */
  readonly manifest_id: string;
  readonly term: number;
}

/**
 * Puts the result of a published stage that was computed afresh (`nacre start --rerun`) in the place of the old one,
 * with the next term, unless its content is the same. An answer lost on the way is recognised by the holder's nonce.
 *
 * @throws StoreUnavailable, ContractViolation when the stage is not published: then there is a claim to publish under
 */
export async function replaceStage(
  store: ArtifactStore,
  kind: string,
  stageKey: string,
  holder: Holder,
  manifestId: string,
  signal?: AbortSignal,
): Promise<StageReplacement> {
  const mine = await readManifest(store, manifestId, signal);
  for (let round = 0; round < REGISTER_ROUNDS; round += 1) {
    const found = await readRegister(store, kind, stageKey, signal);
    if (found?.register.state !== 'published' || found.register.manifest_id === undefined) {
      throw new ContractViolation(
        `The stage ${kind} ${stageKey} is not published: there is nothing to replace.`,
      );
    }
    const { term, manifest_id } = found.register;
    if (found.register.holder.nonce === holder.nonce && manifest_id === manifestId) {
      return { state: 'replaced', manifest_id, term };
    }
    const published = await readManifest(store, manifest_id, signal);
    if (published.content_id === mine.content_id) return { state: 'unchanged', manifest_id, term };
    const register: StageRegister = {
      nacre_register: 1,
      term: term + 1,
      state: 'published',
      holder,
      manifest_id: manifestId,
      claimed_at: new Date().toISOString(),
      attempts_without_progress: 0,
    };
    const etag = await writeRegister(store, kind, stageKey, register, found.etag, signal);
    if (etag !== undefined) return { state: 'replaced', manifest_id: manifestId, term: term + 1 };
  }
  throw contendedRegister(store, kind, stageKey);
}
