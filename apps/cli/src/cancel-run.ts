import { setTimeout as sleep } from 'node:timers/promises';

import type { WorkflowExecutionInfo } from '@temporalio/client';

import { hasControlWorker } from './control-worker.js';
import { handleOf } from './run-reference.js';
import type { Session } from './session.js';
import { WorkerUnreachable } from './worker-unreachable.js';

/** How often a run that was told to end is looked at. */
const LOOK_MILLISECONDS = 500;
/** Looks between two questions whether anybody works for it. */
const WORKER_LOOKS = 6;

/**
 * Asks an open run to end and waits until it has: its trainers stop at a step boundary first.
 *
 * @throws WorkerUnreachable when nobody is there to end it; it then ends as soon as a worker comes
 */
export async function cancelRun(session: Session, run: WorkflowExecutionInfo): Promise<void> {
  if (run.status.name !== 'RUNNING') return;
  const handle = handleOf(session, run);
  await handle.cancel();
  for (let look = 1; (await handle.describe()).status.name === 'RUNNING'; look += 1) {
    if (look % WORKER_LOOKS === 0 && !(await hasControlWorker(session))) {
      throw new WorkerUnreachable(`${run.workflowId} has been told to end and ends as soon as it can`);
    }
    await sleep(LOOK_MILLISECONDS);
  }
}
