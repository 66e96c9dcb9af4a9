import { replaceStage, type ArtifactStore } from '@nacre/artifact-store';
import type { Holder } from '@nacre/contracts/artifact';
import type { StageCall } from '@nacre/contracts/run';

import type { OpenedStage, PublishedStage } from './opened-stage.js';

/**
 * A published stage that is computed once more (`nacre start --rerun`). It is not claimed: what is
 * published stays what everybody finds until other bytes replace it; the same bytes change nothing.
 */
export class FreshStage implements OpenedStage {
  readonly term: number;
  readonly lost: AbortSignal = new AbortController().signal;
  readonly #store: ArtifactStore;
  readonly #call: StageCall;
  readonly #holder: Holder;

  /** @param term one more than that of the published register */
  constructor(store: ArtifactStore, call: StageCall, holder: Holder, term: number) {
    this.#store = store;
    this.#call = call;
    this.#holder = holder;
    this.term = term;
  }

  durable(): Promise<void> {
    return Promise.resolve();
  }

  async publish(manifestId: string): Promise<PublishedStage> {
    const { kind, key } = this.#call;
    const replaced = await replaceStage(this.#store, kind, key, this.#holder, manifestId);
    return { manifest_id: replaced.manifest_id, diverged: false };
  }

  release(): Promise<void> {
    return Promise.resolve();
  }
}
