import { ContractViolation } from '@nacre/contracts/errors';
import type { Difference } from '@nacre/contracts/measurement';

import { groupedMean } from './grouped-mean.js';
import { joinRows } from './join-rows.js';
import { type RowLoss, rowLosses } from './row-losses.js';
import type { ScoredRow } from './rows.js';

/**
 * Mean difference of log loss on the same rows, `these` minus `those`: below 0, `these` are better. Pairing
 * removes the difficulty of the rows, so the interval is far narrower than those of the two scores.
 * `to` names `those` in the result.
 *
 * @throws ContractViolation naming a row that is missing, foreign or twice, or has two votes or prompt groups.
 */
export function pairedDifference(
  to: string,
  these: readonly ScoredRow[],
  those: readonly ScoredRow[],
): Difference {
  return lossDifference(to, rowLosses(these), rowLosses(those));
}

/** The paired difference of rows whose losses are known. @throws ContractViolation as pairedDifference does */
export function lossDifference(to: string, these: readonly RowLoss[], those: readonly RowLoss[]): Difference {
  if (these.length === 0) throw new ContractViolation(`no rows to compare with ${to}`);
  const differences = joinRows(these, 'the rows compared', those, to).map(([left, right]) => {
    if (left.label !== right.label || left.prompt_group !== right.prompt_group) {
      throw new ContractViolation(`${left.example_id} has another vote or prompt group in ${to}`);
    }
    return {
      example_id: left.example_id,
      prompt_group: left.prompt_group,
      value: left.loss - right.loss,
    };
  });
  const { rows, mean, interval } = groupedMean(differences);
  return { to, rows, value: mean, interval };
}
