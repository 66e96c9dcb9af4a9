import { TrainerStalled } from '@nacre/contracts/errors';

import { stopGroup, type TaskProcess } from './task-process.js';
import type { TaskWatch } from './task-watch.js';

/** How long a task that hangs may take to end when it is told to: it will hardly save anything. */
const STALLED_GRACE = 5_000;

/**
 * Ends a task that lives but says nothing; one that is being stopped has its own limit.
 *
 * @param timeout milliseconds of silence
 * @returns `stalled` is the error to fail with once the task was ended for its silence
 */
export function stallTimer(
  process: TaskProcess,
  watch: TaskWatch,
  timeout: number,
  signal: AbortSignal,
): { readonly stalled: TrainerStalled | undefined; stop(): void } {
  let stalled: TrainerStalled | undefined;
  const timer = setInterval(
    () => {
      if (stalled !== undefined || signal.aborted || watch.silence < timeout) return;
      const seconds = Math.round(watch.silence / 1000);
      stalled = new TrainerStalled(
        `the task said nothing for ${String(seconds)} s after ${watch.last} and was ended; it is tried again from its ` +
          'last checkpoint. If steps do take that long, raise run.pools.gpu.stall_timeout',
        { last: watch.last, seconds },
      );
      void stopGroup(process, STALLED_GRACE);
    },
    Math.max(50, Math.min(timeout / 10, 5_000)),
  );
  return {
    get stalled() {
      return stalled;
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}
