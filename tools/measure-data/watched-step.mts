/** What a step of this process cost. */
export interface StepCost {
  readonly seconds: number;
  /** Processor time of the whole process meanwhile, DuckDB and garbage collection in it. */
  readonly cpuSeconds: number;
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
  const [started, used] = [performance.now(), process.cpuUsage()];
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
    const { user, system } = process.cpuUsage(used);
    const seconds = (performance.now() - started) / 1000;
    return { result, seconds, cpuSeconds: (user + system) / 1e6, peakBytes, longestGap };
  } finally {
    clearInterval(timer);
  }
}
