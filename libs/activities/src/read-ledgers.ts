import { getRunFile, listRunFiles, type ArtifactStore } from '@nacre/artifact-store';
import { attemptLedgerSchema, type AttemptLedger } from '@nacre/contracts/run';

import { LEDGER_FOLDER } from './run-files.js';

/**
 * The books of all attempts that a run has made, over all its Temporal runs. Books that another version of Nacre
 * wrote are left out: a finished run must not fail for a figure that it cannot read.
 *
 * @throws StoreUnavailable
 */
export async function readLedgers(store: ArtifactStore, run: string): Promise<AttemptLedger[]> {
  const files = (await listRunFiles(store, run)).filter(({ path }) => path.startsWith(`${LEDGER_FOLDER}/`));
  const ledgers = await Promise.all(
    files.map(async ({ path }) => {
      const body = await getRunFile(store, run, path);
      return body === undefined ? undefined : parsed(body.toString('utf8'));
    }),
  );
  return ledgers.filter((ledger) => ledger !== undefined);
}

function parsed(text: string): AttemptLedger | undefined {
  try {
    return attemptLedgerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
