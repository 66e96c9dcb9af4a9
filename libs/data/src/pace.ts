import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long work may hold the event loop before heartbeats and aborts get their turn. */
const HELD_MILLISECONDS = 50;

/**
 * The pace of long work on this thread: ask `due` between small pieces, and `rest` when it is. Asking costs next to
 * nothing, so that a loop over every row can.
 */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  get due(): boolean {
    return performance.now() - this.#since > HELD_MILLISECONDS;
  }

  /** Lets everything that waits run. @throws the signal's reason once it is aborted. */
  async rest(): Promise<void> {
    await nextTurn();
    this.#signal?.throwIfAborted();
    this.#since = performance.now();
  }
}
