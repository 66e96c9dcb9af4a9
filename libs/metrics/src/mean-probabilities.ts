import { ContractViolation } from '@nacre/contracts/errors';

import { joinRows } from './join-rows.js';
import type { ProbabilityRow } from './rows.js';

/**
 * Mean of the probabilities of several models for the same examples, in the order of the first model's rows.
 *
 * @throws ContractViolation for no models, or naming a row that one of them lacks, has in excess or twice.
 */
export function meanProbabilities(models: readonly (readonly ProbabilityRow[])[]): ProbabilityRow[] {
  const [first, ...others] = models;
  if (first === undefined) throw new ContractViolation('a mean of probabilities needs at least one model');
  const sums = others.reduce<readonly ProbabilityRow[]>(
    (sum, rows, index) =>
      joinRows(sum, 'the first model', rows, `model ${index + 2}`).map(([left, right]) => ({
        example_id: left.example_id,
        probabilities: left.probabilities.map(
          (value, label) => value + (right.probabilities[label] ?? Number.NaN),
        ),
      })),
    first,
  );
  return sums.map(({ example_id, probabilities }) => ({
    example_id,
    probabilities: probabilities.map((value) => value / models.length),
  }));
}
