import { PIPELINE_WORKFLOW, PROGRESS_QUERY, type Progress } from '@nacre/contracts/run';
import type { WorkflowExecutionInfo, WorkflowHandle } from '@temporalio/client';

import type { Session } from './session.js';
import { UsageError } from './usage-error.js';

/** Runs of the pipeline, newest first; of each workflow id only the newest execution. */
export async function listRuns({ temporal }: Pick<Session, 'temporal'>): Promise<WorkflowExecutionInfo[]> {
  const found = new Map<string, WorkflowExecutionInfo>();
  for await (const execution of temporal.client.workflow.list({
    query: `WorkflowType = '${PIPELINE_WORKFLOW}'`,
  })) {
    const known = found.get(execution.workflowId);
    if (known === undefined || known.startTime < execution.startTime)
      found.set(execution.workflowId, execution);
  }
  return [...found.values()].sort((left, right) => right.startTime.getTime() - left.startTime.getTime());
}

/**
 * The run of an id or unique prefix; without one the newest.
 *
 * @throws UsageError when nothing, or more than one run, fits
 */
export async function findRun(
  session: Pick<Session, 'temporal'>,
  reference: string | undefined,
): Promise<WorkflowExecutionInfo> {
  const runs = await listRuns(session);
  const fitting = runs.filter(({ workflowId }) => workflowId.startsWith(reference ?? ''));
  const exact = fitting.find(({ workflowId }) => workflowId === reference);
  const [newest] = fitting;
  if (newest === undefined) {
    throw new UsageError(
      reference === undefined
        ? 'there is no run yet; start one with `npx nacre start RECIPE`'
        : `no run begins with ${reference}; \`npx nacre runs\` lists them`,
    );
  }
  if (reference !== undefined && exact === undefined && fitting.length > 1) {
    throw new UsageError(
      `${reference} fits ${fitting.map(({ workflowId }) => workflowId).join(', ')}; write more of it`,
    );
  }
  return exact ?? newest;
}

/** Handle of exactly the execution that was found. */
export function handleOf(
  { temporal }: Pick<Session, 'temporal'>,
  { workflowId, runId }: Pick<WorkflowExecutionInfo, 'workflowId' | 'runId'>,
): WorkflowHandle {
  return temporal.client.workflow.getHandle(workflowId, runId);
}

/** The run at a glance; needs a worker on the control queue. */
export function progressOf(handle: WorkflowHandle): Promise<Progress> {
  return handle.query<Progress>(PROGRESS_QUERY);
}
