import { setTimeout as sleep } from 'node:timers/promises';

import type { ArtifactStore } from './artifact-store.js';
import { failedRequest, isTransient, storeFailure, type StoreOperation } from './store-failure.js';

/** A call, for messages, and what may stop it. */
export interface StoreCall extends StoreOperation {
  readonly signal: AbortSignal | undefined;
}

/** Sends one request; called again for each attempt, so it makes its own body stream. */
export type Attempt<T> = (options: { readonly abortSignal?: AbortSignal }) => Promise<T>;

const ATTEMPTS = 5;
const FIRST_WAIT = 200;

/**
 * The answer to a request, tried up to five times within about three seconds of waiting while the failure is one that
 * passes (connection, 5xx, throttling).
 *
 * @throws StoreUnavailable; the signal's reason once it is aborted
 */
export async function callStore<T>(store: ArtifactStore, call: StoreCall, attempt: Attempt<T>): Promise<T> {
  const { signal } = call;
  for (let failures = 0; ;) {
    signal?.throwIfAborted();
    try {
      return await attempt(signal === undefined ? {} : { abortSignal: signal });
    } catch (error) {
      signal?.throwIfAborted();
      failures += 1;
      if (failures === ATTEMPTS || !isTransient(error)) throw storeFailure(store, call, error);
    }
    // Full jitter, so that many workers that lost the same server do not come back in step.
    const wait = Math.random() * FIRST_WAIT * 2 ** (failures - 1);
    await sleep(wait, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/**
 * Like callStore, for requests where some refusals are answers: undefined for the given HTTP statuses, such as 404 for
 * an absent object or 412 for a condition that does not hold. A missing bucket is never an answer.
 */
export async function askStore<T>(
  store: ArtifactStore,
  call: StoreCall,
  refusals: readonly number[],
  attempt: Attempt<T>,
): Promise<T | undefined> {
  return callStore(store, call, async (options) => {
    try {
      return await attempt(options);
    } catch (error) {
      const { name, status } = failedRequest(error);
      if (status !== undefined && refusals.includes(status) && name !== 'NoSuchBucket') return undefined;
      throw error;
    }
  });
}
