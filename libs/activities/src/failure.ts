import { dispositionOf, NacreError, StageHeld } from '@nacre/contracts/errors';
import { ApplicationFailure } from '@temporalio/common';

/** How long a look-up that found the stage held by another live run waits before it asks again. */
const HELD_RETRY = '30s';
/** Temporal cuts failures in mutable state at 4 KB; the rest is in the stage's log. */
const LONGEST_MESSAGE = 3000;

/** An error as Temporal carries it: its name as failure type, retried or not by the one table. */
export function toFailure(error: unknown): unknown {
  if (!(error instanceof NacreError)) return error;
  return ApplicationFailure.create({
    message: error.message.slice(0, LONGEST_MESSAGE),
    type: error.name,
    nonRetryable: dispositionOf(error.name) !== 'retry',
    details: [error.data],
    ...(error instanceof StageHeld ? { nextRetryDelay: HELD_RETRY } : {}),
  });
}
