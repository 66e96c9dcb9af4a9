import type { StageRegister } from '@nacre/contracts/artifact';
import { ClaimLost } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import type { StageClaim } from './claim-stage.js';
import { readManifest } from './read-manifest.js';
import { readRegister } from './read-register.js';
import { contendedRegister, REGISTER_ROUNDS, writeRegister } from './write-register.js';

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
export async function publishStage(
  store: ArtifactStore,
  kind: string,
  stageKey: string,
  claim: StageClaim,
  manifestId: string,
  signal?: AbortSignal,
): Promise<StagePublication> {
  const mine: StageRegister = { ...claim.register, state: 'published', manifest_id: manifestId };
  let etag = claim.etag;
  for (let round = 0; round < REGISTER_ROUNDS; round += 1) {
    const written = await writeRegister(store, kind, stageKey, mine, etag, signal);
    if (written !== undefined) return { state: 'published', manifest_id: manifestId };
    const found = await readRegister(store, kind, stageKey, signal);
    const isMine = found?.register.holder.nonce === claim.register.holder.nonce;
    if (found?.register.manifest_id !== undefined) {
      // My own manifest here means that the answer to the write was lost, not the write.
      if (isMine && found.register.manifest_id === manifestId)
        return { state: 'published', manifest_id: manifestId };
      return adopt(store, found.register.manifest_id, manifestId, signal);
    }
    if (!isMine) throw lost(kind, claim, found?.register);
    etag = found.etag;
  }
  throw contendedRegister(store, kind, stageKey);
}

async function adopt(
  store: ArtifactStore,
  theirs: string,
  mine: string,
  signal: AbortSignal | undefined,
): Promise<StagePublication> {
  const [adopted, dropped] = await Promise.all([
    readManifest(store, theirs, signal),
    readManifest(store, mine, signal),
  ]);
  return { state: 'adopted', manifest_id: theirs, diverged: adopted.content_id !== dropped.content_id };
}

function lost(kind: string, claim: StageClaim, now: StageRegister | undefined): ClaimLost {
  const successor =
    now === undefined
      ? 'its register was deleted'
      : `term ${now.term} of run ${now.holder.workflow_id} on ${now.holder.worker} holds it now`;
  return new ClaimLost(
    `Term ${claim.term} of ${kind} was taken over while it was at work: ${successor}. Its result is dropped.`,
    { kind, term: claim.term, successor_term: now?.term ?? null },
  );
}
