import { ContractViolation } from '@nacre/contracts/errors';
import type { Score } from '@nacre/contracts/measurement';

import { groupedMean } from './grouped-mean.js';
import { type RowLoss, rowLosses } from './row-losses.js';
import { rowsById } from './rows-by-id.js';
import type { ScoredRow } from './rows.js';

/**
 * Log loss with its 95 % interval by prompt group, and accuracy, of predictions beside their votes.
 *
 * @throws ContractViolation for no rows or a row that is there twice.
 */
export function score(rows: readonly ScoredRow[]): Score {
  return scoreLosses(rowLosses(rows));
}

/** The score of rows whose losses are known. @throws ContractViolation as score does */
export function scoreLosses(rows: readonly RowLoss[]): Score {
  if (rows.length === 0) throw new ContractViolation('a score needs at least one labelled row');
  rowsById(rows, 'the scored rows');
  const { groups, mean, interval } = groupedMean(
    rows.map(({ example_id, prompt_group, loss }) => ({ example_id, prompt_group, value: loss })),
  );
  const right = rows.reduce((sum, row) => sum + row.right, 0);
  return { rows: rows.length, groups, log_loss: mean, interval, accuracy: right / rows.length };
}
