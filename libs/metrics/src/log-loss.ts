import { ContractViolation } from '@nacre/contracts/errors';

/**
 * Negative natural logarithm of the probability given to the vote. The probability counts as at least
 * 2^-52, as scikit-learn and the competition do, so that one certain mistake does not make a mean infinite.
 *
 * @throws ContractViolation when the vote has no probability.
 */
export function logLoss(probabilities: readonly number[], label: number): number {
  const probability = probabilities[label];
  if (probability === undefined || !(probability >= 0 && probability <= 1 + 1e-9)) {
    throw new ContractViolation(`class ${label} of [${probabilities.join(', ')}] has no probability`);
  }
  return 0 - Math.log(Math.min(Math.max(probability, Number.EPSILON), 1));
}
