/** What a step of this process cost. */
export interface StepCost {
  readonly seconds: number;
  /** Largest resident set seen while it ran, bytes. */
  readonly peakBytes: number;
  /** Longest time for which a timer of 5 ms did not come to its turn, milliseconds. */
  readonly longestGap: number;
}

const TICK = 5;

/** Does the work and says what it cost. Heartbeats are timers too: they are late by the longest gap at worst. */
export async function watchedStep<Result>(
  work: () => Promise<Result>,
): Promise<StepCost & { readonly result: Result }> {
  const started = performance.now();
  let [last, longestGap, peakBytes] = [started, 0, 0];
  const look = () => {
    const now = performance.now();
    longestGap = Math.max(longestGap, now - last);
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    last = now;
  };
  const timer = setInterval(look, TICK);
  try {
    const result = await work();
    look();
    return { result, seconds: (performance.now() - started) / 1000, peakBytes, longestGap };
  } finally {
    clearInterval(timer);
  }
}
