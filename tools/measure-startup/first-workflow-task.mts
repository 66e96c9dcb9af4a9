import { setTimeout as pause } from 'node:timers/promises';

import { connectClient } from '@nacre/temporal-connection';

const INTERVAL_MILLISECONDS = 250;

/**
 * When the first workflow task of a run was completed, by the server's own record: milliseconds since the epoch.
 * Waits for it.
 *
 * @throws TemporalUnreachable; the reason of the signal
 */
export async function firstWorkflowTask(
  environment: NodeJS.ProcessEnv,
  workflowId: string,
  signal: AbortSignal,
): Promise<number> {
  const temporal = await connectClient(environment);
  try {
    for (;;) {
      const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
      const completed = events?.find(
        (event) => event.workflowTaskCompletedEventAttributes != null,
      )?.eventTime;
      if (completed != null) return Number(completed.seconds) * 1000 + (completed.nanos ?? 0) / 1e6;
      await pause(INTERVAL_MILLISECONDS, undefined, { signal });
    }
  } finally {
    await temporal.close();
  }
}
