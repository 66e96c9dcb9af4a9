import { runFiles } from '@nacre/activities';
import { getRunFile } from '@nacre/artifact-store';
import { progressSchema, type StageState } from '@nacre/contracts/run';
import type { WorkflowExecutionInfo } from '@temporalio/client';

import { handleOf } from './run-reference.js';
import { viewRun } from './run-view.js';
import type { Session } from './session.js';
import { UsageError } from './usage-error.js';

/** The stages of a run: from its own mouth while a worker answers, else from the copy it left in the store. */
export async function stagesOfRun(
  session: Session,
  run: WorkflowExecutionInfo,
): Promise<readonly StageState[]> {
  const { progress } = await viewRun(handleOf(session, run));
  if (progress !== undefined) return progress.stages;
  const copy = await getRunFile(session.store, run.workflowId, runFiles.progress);
  if (copy === undefined) {
    throw new UsageError(
      `${run.workflowId} does not answer and has left no record; start \`npx nacre worker --role control\``,
    );
  }
  return progressSchema.parse(JSON.parse(copy.toString('utf8'))).stages;
}
