import { ContractViolation } from '@nacre/contracts/errors';
import type { Score } from '@nacre/contracts/measurement';

import { groupedMean } from './grouped-mean.js';
import { rowsById } from './rows-by-id.js';
import { logLoss } from './log-loss.js';
import type { ScoredRow } from './rows.js';

/**
 * Log loss with its 95 % interval by prompt group, and accuracy, of predictions beside their votes.
 *
 * @throws ContractViolation for no rows or a row that is there twice.
 */
export function score(rows: readonly ScoredRow[]): Score {
  if (rows.length === 0) throw new ContractViolation('a score needs at least one labelled row');
  rowsById(rows, 'the scored rows');
  const losses = rows.map(({ example_id, prompt_group, probabilities, label }) => ({
    example_id,
    prompt_group,
    value: logLoss(probabilities, label),
  }));
  const { groups, mean, interval } = groupedMean(losses);
  return { rows: rows.length, groups, log_loss: mean, interval, accuracy: accuracy(rows) };
}

/** Share of the rows whose most probable class, the first of equals, is the vote. */
function accuracy(rows: readonly ScoredRow[]): number {
  const right = rows.filter(
    ({ probabilities, label }) => probabilities.indexOf(Math.max(...probabilities)) === label,
  );
  return right.length / rows.length;
}
