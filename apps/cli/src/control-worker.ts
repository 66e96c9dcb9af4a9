import { CONTROL_QUEUE } from '@nacre/contracts/queues';
import { pollersOf } from '@nacre/temporal-connection';

import type { Session } from './session.js';
import { WorkerUnreachable } from './worker-unreachable.js';

/** Whether a worker carries out workflows. One that was killed counts for up to 75 s more. */
export async function hasControlWorker({ temporal }: Pick<Session, 'temporal'>): Promise<boolean> {
  const { workflow } = await pollersOf(temporal.connection, temporal.namespace, CONTROL_QUEUE);
  return workflow > 0;
}

/**
 * Makes sure that a run can answer.
 *
 * @throws WorkerUnreachable beginning with `what` cannot be done
 */
export async function assertControlWorker(session: Pick<Session, 'temporal'>, what: string): Promise<void> {
  if (!(await hasControlWorker(session))) throw new WorkerUnreachable(what);
}
