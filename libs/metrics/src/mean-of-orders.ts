import type { Labels } from '@nacre/contracts/recipe';

import { meanProbabilities } from './mean-probabilities.js';
import { orders } from './orders.js';
import type { LogitRow, ProbabilityRow } from './rows.js';

/**
 * Mean of a model's probabilities over both orders of the answers, in the order of the source. A model that
 * only looks at the place of an answer ends at equal chances for both.
 *
 * @throws ContractViolation naming a row that is not there exactly once in each order.
 */
export function meanOfOrders(labels: Labels, rows: readonly LogitRow[]): ProbabilityRow[] {
  const { asGiven, swapped } = orders(labels, rows);
  return meanProbabilities([asGiven, swapped]);
}
