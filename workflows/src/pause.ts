import { ActivityFailure, CancellationScope, condition, isCancellation } from '@temporalio/workflow';

/** What became of work that a pause ended before it was done. */
export const INTERRUPTED = Symbol('interrupted');

/**
 * A person's pause of a run. While it lasts nothing begins, and what ran has been told to stop: a training writes
 * a checkpoint and gives its devices back, so that going on later costs little. It is state of the workflow, so
 * it outlives every worker.
 */
export class Pause {
  readonly #running = new Set<CancellationScope>();
  #begun = false;

  /** Tells everything that runs to stop. A pause that lasts already stays as it is. */
  begin(): void {
    this.#begun = true;
    for (const scope of this.#running) scope.cancel();
  }

  end(): void {
    this.#begun = false;
  }

  /** Waits while the pause lasts. @throws CancelledFailure when the run is cancelled meanwhile */
  async over(): Promise<void> {
    await condition(() => !this.#begun);
  }

  /** Work that a pause may end. Anything else that ends it, a cancellation of the run too, is thrown. */
  async interruptible<Result>(work: () => Promise<Result>): Promise<Result | typeof INTERRUPTED> {
    const around = CancellationScope.current();
    const scope = new CancellationScope();
    this.#running.add(scope);
    try {
      return await scope.run(work);
    } catch (error) {
      if (around.consideredCancelled || !scope.consideredCancelled || !isStop(error)) throw error;
      return INTERRUPTED;
    } finally {
      this.#running.delete(scope);
    }
  }
}

/** An activity that fails retryably after it was told to stop (its worker is lost, say) is not tried again either. */
function isStop(error: unknown): boolean {
  return (
    isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED')
  );
}
