import type { ArtifactStore } from './artifact-store.js';
import { changeClaim, isHeldBy } from './change-claim.js';
import { claimLost } from './claim-lost.js';
import type { StageClaim } from './claim-stage.js';
import { readManifest } from './read-manifest.js';

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
  const now = await changeClaim(
    store,
    kind,
    stageKey,
    claim,
    (register) => ({ ...register, state: 'published', manifest_id: manifestId }),
    signal,
  );
  const published = now?.register.manifest_id;
  if (now === undefined || published === undefined) throw claimLost(kind, claim, now?.register);
  if (published === manifestId && isHeldBy(now.register, claim)) {
    return { state: 'published', manifest_id: manifestId };
  }
  return adopt(store, published, manifestId, signal);
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
