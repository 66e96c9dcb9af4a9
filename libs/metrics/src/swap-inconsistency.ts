import { ContractViolation } from '@nacre/contracts/errors';
import type { Labels } from '@nacre/contracts/recipe';

import { joinRows } from './join-rows.js';
import { orders } from './orders.js';
import type { LogitRow } from './rows.js';

/**
 * Mean absolute difference of P(model_a) between the two orders of the answers: 0 for a model that judges the
 * answers, up to 1 for one that judges their places.
 *
 * @throws ContractViolation for no rows, or naming a row that is not there exactly once in each order.
 */
export function swapInconsistency(labels: Labels, rows: readonly LogitRow[]): number {
  const { asGiven, swapped } = orders(labels, rows);
  const pairs = joinRows(asGiven, 'the rows as given', swapped, 'the swapped rows');
  if (pairs.length === 0) throw new ContractViolation('swap inconsistency needs at least one row');
  const total = pairs.reduce(
    (sum, [left, right]) => sum + Math.abs((left.probabilities[0] ?? 0) - (right.probabilities[0] ?? 0)),
    0,
  );
  return total / pairs.length;
}
