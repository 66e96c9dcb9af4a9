import {
  DECIDE_UPDATE,
  PAUSE_UPDATE,
  PROGRESS_QUERY,
  RESUME_UPDATE,
  type Decision,
  type PauseRequest,
  type Progress,
} from '@nacre/contracts/run';
import type { WorkflowHandle } from '@temporalio/client';

/** The run at a glance. */
export function progressOf(handle: WorkflowHandle): Promise<Progress> {
  return handle.query<Progress>(PROGRESS_QUERY);
}

/** Pauses the run. */
export function pause(handle: WorkflowHandle, reason: string | null = null): Promise<Progress> {
  return handle.executeUpdate<Progress, [PauseRequest]>(PAUSE_UPDATE, { args: [{ reason }] });
}

/** Lets the run go on. */
export function resume(handle: WorkflowHandle): Promise<Progress> {
  return handle.executeUpdate<Progress, []>(RESUME_UPDATE);
}

/** Answers for a held stage. */
export function decide(handle: WorkflowHandle, decision: Decision): Promise<Progress> {
  return handle.executeUpdate<Progress, [Decision]>(DECIDE_UPDATE, { args: [decision] });
}
