import type { ConnectionLike } from '@temporalio/client';

// Temporal's TaskQueueType, whose package exports no values to ES modules.
const WORKFLOW = 1;
const ACTIVITY = 2;
/** A poll that finds nothing lasts a minute; a worker that has not come back by then is gone. */
const RECENT_SECONDS = 75;

/** How many workers have polled a task queue lately, by what they poll for. */
export interface Pollers {
  readonly workflow: number;
  readonly activity: number;
}

/**
 * Counts the workers that poll a task queue. A worker that was killed is counted for up to 75 s more;
 * one that stopped in order may be, too.
 */
export async function pollersOf(
  connection: ConnectionLike,
  namespace: string,
  taskQueue: string,
): Promise<Pollers> {
  const since = Date.now() / 1000 - RECENT_SECONDS;
  const count = async (type: number): Promise<number> => {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- see WORKFLOW and ACTIVITY
      taskQueueType: type,
    });
    return pollers.filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= since).length;
  };
  const [workflow, activity] = await Promise.all([count(WORKFLOW), count(ACTIVITY)]);
  return { workflow, activity };
}
