import { WorkflowUpdateFailedError, type WorkflowExecutionInfo } from '@temporalio/client';
import type { Progress } from '@nacre/contracts/run';

import { assertControlWorker } from './control-worker.js';
import { handleOf } from './run-reference.js';
import type { Session } from './session.js';
import { UsageError } from './usage-error.js';

/**
 * Sends an open run an update of a person and answers how the run is then.
 *
 * @throws UsageError when the run has ended or refuses it, WorkerUnreachable when nobody is there to tell it
 */
export async function tellRun(
  session: Session,
  run: WorkflowExecutionInfo,
  update: string,
  parameter?: object,
): Promise<Progress> {
  if (run.status.name !== 'RUNNING') {
    throw new UsageError(
      `${run.workflowId} has ended (${run.status.name.toLowerCase()}); only an open run can be told anything`,
    );
  }
  await assertControlWorker(session, `${run.workflowId} cannot be told`);
  try {
    const handle = handleOf(session, run);
    return parameter === undefined
      ? await handle.executeUpdate<Progress, []>(update)
      : await handle.executeUpdate<Progress, [object]>(update, { args: [parameter] });
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError)
      throw new UsageError(error.cause?.message ?? error.message);
    throw error;
  }
}
