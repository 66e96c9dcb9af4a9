import { setTimeout as sleep } from 'node:timers/promises';

import type { WorkflowExecutionInfo, WorkflowHandle } from '@temporalio/client';

import { hasControlWorker } from './control-worker.js';
import { handleOf } from './run-reference.js';
import type { Session } from './session.js';
import { WorkerUnreachable } from './worker-unreachable.js';

/** How often a run that was told to end is looked at. */
const LOOK_MILLISECONDS = 500;
/** Looks between two questions whether anybody works for it. */
const WORKER_LOOKS = 6;
/** The same workflow task in vain so often means that this build cannot follow the run's history. */
const VAIN_ATTEMPTS = 3;

/** How a run ended that was told to. */
export interface Cancelled {
  /**
   * null: in order, its trainers stopped first. Else why the run could not even hear that it should end: it was
   * terminated, and its trainers stop when their next heartbeat tells them so.
   */
  readonly terminated: string | null;
}

/**
 * Asks an open run to end and waits until it has: its trainers stop at a step boundary first. A run whose history
 * the current build cannot follow never hears of it; that one is terminated.
 *
 * @throws WorkerUnreachable when nobody is there to end it; it then ends as soon as a worker comes
 */
export async function cancelRun(session: Session, run: WorkflowExecutionInfo): Promise<Cancelled> {
  if (run.status.name !== 'RUNNING') return { terminated: null };
  const handle = handleOf(session, run);
  await handle.cancel();
  for (let look = 1; ; look += 1) {
    const { status, raw } = await handle.describe();
    if (status.name !== 'RUNNING') return { terminated: null };
    if ((raw.pendingWorkflowTask?.attempt ?? 0) >= VAIN_ATTEMPTS) {
      const terminated = await taskFailure(handle);
      if (terminated !== null) {
        await handle.terminate(`told to end, but: ${terminated}`);
        return { terminated };
      }
    }
    if (look % WORKER_LOOKS === 0 && !(await hasControlWorker(session))) {
      throw new WorkerUnreachable(`${run.workflowId} has been told to end and ends as soon as it can`);
    }
    await sleep(LOOK_MILLISECONDS);
  }
}

/** Why the newest workflow task failed; null where it timed out, its worker having been lost. */
async function taskFailure(handle: WorkflowHandle): Promise<string | null> {
  const { events } = await handle.fetchHistory();
  const failed = events?.findLast(
    ({ workflowTaskFailedEventAttributes: task }) => task !== null && task !== undefined,
  );
  const completed = events?.findLast(
    ({ workflowTaskCompletedEventAttributes: task }) => task !== null && task !== undefined,
  );
  if (failed === undefined || Number(failed.eventId) < Number(completed?.eventId ?? 0)) return null;
  return failed.workflowTaskFailedEventAttributes?.failure?.message ?? 'its workflow task failed';
}
