import { ContractViolation } from '@nacre/contracts/errors';

import { logLoss } from './log-loss.js';
import type { ProbabilityRow } from './rows.js';

/**
 * Expected log loss of every row when votes follow the truth: −Σ p_true log p_model (natural logarithm), in the
 * order of the truth. Of the truth itself that is its entropy, which no model can beat.
 *
 * @throws ContractViolation naming a row that is missing, foreign or twice, or has no probability per label
 */
export function expectedLosses(
  truth: readonly ProbabilityRow[],
  predictions: readonly ProbabilityRow[],
  what: string,
): Float64Array {
  const byId = new Map(predictions.map((row) => [row.example_id, row.probabilities]));
  if (byId.size < predictions.length) throw new ContractViolation(`${what}: a row is there twice`);
  const losses = Float64Array.from(truth, ({ example_id, probabilities }) => {
    const predicted = byId.get(example_id);
    if (predicted === undefined) throw new ContractViolation(`${what}: ${example_id} has no prediction`);
    byId.delete(example_id);
    if (predicted.length !== probabilities.length) {
      throw new ContractViolation(
        `${what}: ${example_id} has ${predicted.length} probabilities, not ${probabilities.length}`,
      );
    }
    return probabilities.reduce((sum, share, label) => sum + share * logLoss(predicted, label), 0);
  });
  const [foreign] = byId.keys();
  if (foreign !== undefined) throw new ContractViolation(`${what}: ${foreign} has no true distribution`);
  return losses;
}
