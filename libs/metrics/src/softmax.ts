import { ContractViolation } from '@nacre/contracts/errors';

/**
 * Probabilities of raw logits in float64, stable for logits of any size; they sum to 1 up to rounding.
 *
 * @throws ContractViolation for no logits or one that is not finite.
 */
export function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  if (logits.length === 0 || !logits.every(Number.isFinite)) {
    throw new ContractViolation(`logits must be finite numbers, not [${logits.join(', ')}]`);
  }
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => value / total);
}
