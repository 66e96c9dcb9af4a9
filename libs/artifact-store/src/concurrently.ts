/** Requests in flight at the same time: enough to hide the latency of a distant bucket, few enough for 2 cores. */
export const PARALLEL_REQUESTS = 4;

/**
 * Does the work for every item, at most `limit` at a time, and answers the results in order. After a failure nothing
 * new begins; what is under way is waited for, then the first failure is thrown.
 */
export async function concurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failed) return;
      try {
        results[index] = await work(item, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, lane));
  const failure = lanes.find((each) => each.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return results;
}
