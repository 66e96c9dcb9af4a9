import { getRunFile, resetAttempts, type ArtifactStore, type StageClaim } from '@nacre/artifact-store';
import { NoProgress } from '@nacre/contracts/errors';
import { attemptLedgerSchema, type StageCall } from '@nacre/contracts/run';

import { ledgerPath } from './run-files.js';

/** Attempts in a row that may end otherwise than asked without a new durable checkpoint. */
const FRUITLESS_ATTEMPTS = 3;

/**
 * Ends a stage that gets nowhere: after three attempts without a new durable checkpoint a person must
 * look. The count begins anew, so that their `retry` is worth three more.
 *
 * @throws NoProgress naming the stage, how its newest attempt ended and where to look
 */
export async function refuseFruitless(
  store: ArtifactStore,
  call: StageCall,
  claim: StageClaim,
): Promise<void> {
  const attempts = claim.register.attempts_without_progress;
  if (attempts < FRUITLESS_ATTEMPTS) return;
  const ending = await lastEnding(store, call, claim.term - 1);
  await resetAttempts(store, call.kind, call.key, claim);
  const run = call.run.workflow_id;
  throw new NoProgress(
    `${call.name}: ${String(attempts)} attempts in a row ended without a new checkpoint in the store; the newest ${ending}. ` +
      `Look at \`npx nacre logs ${run} ${call.name}\`, then \`npx nacre retry ${run} ${call.name}\``,
    { attempts },
  );
}

/**
 * The same for a published stage that is computed afresh, whose attempts no register counts: Temporal's
 * own count decides, which a `retry` begins anew.
 *
 * @param attempt Temporal's number of this attempt, from 1
 * @throws NoProgress naming the stage and where to look
 */
export function refuseFruitlessRerun(call: StageCall, attempt: number): void {
  const attempts = attempt - 1;
  if (attempts < FRUITLESS_ATTEMPTS) return;
  const run = call.run.workflow_id;
  throw new NoProgress(
    `${call.name}: ${String(attempts)} attempts in a row to compute it afresh ended without a result; what is published stays. ` +
      `Look at \`npx nacre logs ${run} ${call.name}\`, then \`npx nacre retry ${run} ${call.name}\``,
    { attempts },
  );
}

async function lastEnding(store: ArtifactStore, call: StageCall, term: number): Promise<string> {
  const unknown = 'left no books in this run';
  try {
    const body = await getRunFile(store, call.run.workflow_id, ledgerPath(call.key, term));
    if (body === undefined) return unknown;
    const { ended, error, worker } = attemptLedgerSchema.parse(JSON.parse(body.toString('utf8')));
    return ended === null
      ? `vanished with the worker ${worker}`
      : `ended with ${error ?? ended} on ${worker}`;
  } catch {
    return unknown; // Words for a person; the verdict does not rest on them.
  }
}
