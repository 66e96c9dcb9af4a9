import { ContractViolation } from '@nacre/contracts/errors';

import { joinRows } from './join-rows.js';
import { logLoss } from './log-loss.js';
import type { ScoredRow } from './rows.js';

/** What one row cost. Of several models asked one at a time it holds the means. */
export interface RowLoss {
  readonly example_id: string;
  readonly prompt_group: string;
  readonly label: number;
  /** Log loss, natural logarithm. */
  readonly loss: number;
  /** 1 where the most probable class, the first of equals, is the vote, else 0. */
  readonly right: number;
}

/** The loss of every row, in order. */
export function rowLosses(rows: readonly ScoredRow[]): RowLoss[] {
  return rows.map(({ example_id, prompt_group, label, probabilities }) => ({
    example_id,
    prompt_group,
    label,
    loss: logLoss(probabilities, label),
    right: probabilities.indexOf(Math.max(...probabilities)) === label ? 1 : 0,
  }));
}

/**
 * What a row costs on average when one of several models is asked: the mean of losses, not the loss of the mean
 * prediction, which is never larger.
 *
 * @throws ContractViolation for no models, or naming a row that one of them lacks, has in excess or twice.
 */
export function meanRowLosses(models: readonly (readonly ScoredRow[])[]): RowLoss[] {
  const [first, ...others] = models.map(rowLosses);
  if (first === undefined) throw new ContractViolation('a mean of losses needs at least one model');
  const sums = others.reduce<readonly RowLoss[]>(
    (sum, rows, index) =>
      joinRows(sum, 'the first model', rows, `model ${index + 2}`).map(([left, right]) => ({
        ...left,
        loss: left.loss + right.loss,
        right: left.right + right.right,
      })),
    first,
  );
  return sums.map((row) => ({ ...row, loss: row.loss / models.length, right: row.right / models.length }));
}
