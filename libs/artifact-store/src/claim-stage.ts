import type { Holder, StageRegister } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';

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
export function claimStage(
  _store: ArtifactStore,
  _kind: string,
  _stageKey: string,
  _holder: Holder,
  _isLive: IsLive,
  _signal?: AbortSignal,
): Promise<ClaimOutcome> {
  throw new Error('not yet');
}
