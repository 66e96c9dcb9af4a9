import { heartbeatSchema, type Heartbeat, type Progress, type StageState } from '@nacre/contracts/run';
import {
  WorkflowFailedError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

import { progressOf } from './run-reference.js';

/** A run at one moment. */
export interface RunView {
  readonly status: string;
  /** undefined while no worker answers queries. */
  readonly progress: Progress | undefined;
  /** Newest heartbeat details of running stages, by stage name. */
  readonly heartbeats: ReadonlyMap<string, Heartbeat>;
}

const QUERY_TIMEOUT_MILLISECONDS = 4000;

/** Looks at a run: its status from the server, its stages from the workflow, live figures from heartbeats. */
export async function viewRun(handle: WorkflowHandle): Promise<RunView> {
  const description = await handle.describe();
  // A deadline, not a race: a query that is left behind goes on trying when the connection is closed.
  const progress = await handle.client
    .withDeadline(Date.now() + QUERY_TIMEOUT_MILLISECONDS, () => progressOf(handle))
    .catch(() => undefined);
  return { status: description.status.name, progress, heartbeats: heartbeatsOf(description) };
}

/** Why a failed run failed, as the server recorded it: known even while no worker answers. */
export async function failureOfRun(handle: WorkflowHandle): Promise<string | null> {
  try {
    await handle.result();
    return null;
  } catch (error) {
    return error instanceof WorkflowFailedError && error.cause !== undefined ? error.cause.message : null;
  }
}

/** Heartbeats by the name of the stage they speak of. */
function heartbeatsOf({ raw }: WorkflowExecutionDescription): ReadonlyMap<string, Heartbeat> {
  const found = new Map<string, Heartbeat>();
  for (const activity of raw.pendingActivities ?? []) {
    const payload = activity.heartbeatDetails?.payloads?.[0];
    if (payload === undefined) continue;
    const details = heartbeatSchema.safeParse(defaultPayloadConverter.fromPayload(payload));
    if (details.success) found.set(details.data.stage, details.data);
  }
  return found;
}

/** How far a stage is, for one line: `run 120/419 loss 0.9810 rung 1: 4,096 tokens a micro-batch`. */
export function stageDetail({ message }: StageState, heartbeat: Heartbeat | undefined): string {
  const news = message?.split('\n')[0] ?? '';
  if (heartbeat === undefined) return news;
  const { phase, done, total, loss } = heartbeat;
  const parts = [phase];
  if (total > 0) parts.push(`${String(done)}/${String(total)}`);
  if (loss !== null) parts.push(`loss ${loss.toFixed(4)}`);
  return [...parts, news].filter(Boolean).join(' ');
}
