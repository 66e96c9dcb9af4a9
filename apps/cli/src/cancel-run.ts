import type { WorkflowExecutionInfo } from '@temporalio/client';

import { hasControlWorker } from './control-worker.js';
import { handleOf } from './run-reference.js';
import type { Session } from './session.js';
import { WorkerUnreachable } from './worker-unreachable.js';

/** How often a run that does not end is asked whether anybody works for it. */
const LOOK_MILLISECONDS = 3000;

/**
 * Asks an open run to end and waits until it has: its trainers stop at a step boundary first.
 *
 * @throws WorkerUnreachable when nobody is there to end it; it then ends as soon as a worker comes
 */
export async function cancelRun(session: Session, run: WorkflowExecutionInfo): Promise<void> {
  if (run.status.name !== 'RUNNING') return;
  const handle = handleOf(session, run);
  await handle.cancel();
  const ended = handle.result().then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([ended, wait()]))) {
    if (!(await hasControlWorker(session))) {
      throw new WorkerUnreachable(`${run.workflowId} has been told to end and ends as soon as it can`);
    }
  }
}

function wait(): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(resolve, LOOK_MILLISECONDS, false);
  });
}
