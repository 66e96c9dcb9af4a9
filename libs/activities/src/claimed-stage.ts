import {
  publishStage,
  releaseStage,
  renewStage,
  type ArtifactStore,
  type StageClaim,
} from '@nacre/artifact-store';
import { ClaimLost } from '@nacre/contracts/errors';
import type { StageCall } from '@nacre/contracts/run';

import type { OpenedStage, PublishedStage } from './opened-stage.js';

/**
 * A claim that is kept while its stage is computed: renewed every few minutes and with every durable
 * checkpoint, so that a holder in another cluster sees it live and that this one notices, at the next
 * renewal at the latest, that it was taken over while it stood still.
 */
export class ClaimedStage implements OpenedStage {
  readonly #store: ArtifactStore;
  readonly #call: StageCall;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #claim: StageClaim;
  #durableStep: number | undefined;
  #renewing: Promise<void> = Promise.resolve();

  /** @param interval milliseconds from one renewal to the next */
  constructor(store: ArtifactStore, call: StageCall, claim: StageClaim, interval: number) {
    this.#store = store;
    this.#call = call;
    this.#claim = claim;
    this.#timer = setInterval(() => {
      this.#renew().catch(() => undefined); // Whoever computes hears of a lost claim through the signal.
    }, interval);
  }

  get term(): number {
    return this.#claim.term;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  durable(step: number): Promise<void> {
    this.#durableStep = Math.max(step, this.#durableStep ?? 0);
    return this.#renew();
  }

  async publish(manifestId: string): Promise<PublishedStage> {
    await this.#stop();
    const { kind, key } = this.#call;
    const publication = await publishStage(this.#store, kind, key, this.#claim, manifestId);
    return { diverged: false, ...publication };
  }

  async release(asked: boolean): Promise<void> {
    await this.#stop();
    const { kind, key } = this.#call;
    await releaseStage(this.#store, kind, key, this.#claim, { asked });
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing.catch(() => undefined);
  }

  /** One after the other: each renewal rests on the ETag of the one before. */
  #renew(): Promise<void> {
    this.#renewing = this.#renewing.catch(() => undefined).then(() => this.#renewOnce());
    return this.#renewing;
  }

  async #renewOnce(): Promise<void> {
    this.#lost.signal.throwIfAborted();
    const { kind, key } = this.#call;
    const durableStep = this.#durableStep;
    try {
      this.#claim = await renewStage(this.#store, kind, key, this.#claim, { durableStep });
    } catch (error) {
      if (error instanceof ClaimLost) {
        clearInterval(this.#timer);
        this.#lost.abort(error);
        throw error;
      }
      // A store that does not answer now says at the next renewal, or at the publication, whose the stage is.
    }
  }
}
