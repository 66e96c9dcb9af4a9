/** Workflows, look-ups, source descriptions and reports: cheap, always polled by somebody. */
export const CONTROL_QUEUE = 'nacre-control';

/** CPU work on data: import, preparation, folds, leak gate, measurement, submission. */
export const DATA_QUEUE = 'nacre-data';

/** The queue of a GPU pool: nacre-gpu-8x80g for `run.pools.gpu.queue: 8x80g`. */
export function gpuQueue(pool: string): string {
  return `nacre-gpu-${pool}`;
}

/** The command that starts a worker for a queue, for messages to people. */
export function workerCommand(queue: string): string {
  if (queue === CONTROL_QUEUE) return 'npx nacre worker --role control';
  if (queue === DATA_QUEUE) return 'npx nacre worker --role data';
  return `npx nacre worker --role gpu --pool ${queue.replace(/^nacre-gpu-/, '')}`;
}
