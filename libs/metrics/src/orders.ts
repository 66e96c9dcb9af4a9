import { ContractViolation } from '@nacre/contracts/errors';
import type { Labels } from '@nacre/contracts/recipe';

import { softmax } from './softmax.js';
import type { LogitRow, ProbabilityRow } from './rows.js';

/** The predictions of one model in both orders of the answers, each in the order of the source. */
export interface Orders {
  readonly asGiven: ProbabilityRow[];
  readonly swapped: ProbabilityRow[];
}

/**
 * Logits as probabilities, a swapped row's brought back to the order of the source: what it says of the answer
 * that stood first is said of response_b.
 *
 * @throws ContractViolation naming a row whose logits are not one finite number per label.
 */
export function orders(labels: Labels, rows: readonly LogitRow[]): Orders {
  const asGiven: ProbabilityRow[] = [];
  const swapped: ProbabilityRow[] = [];
  for (const { example_id, swapped: isSwapped, logits } of rows) {
    if (logits.length !== labels.length || !logits.every(Number.isFinite)) {
      throw new ContractViolation(
        `${example_id} has logits [${logits.join(', ')}]; needed is one finite number for each of ${labels.join(', ')}`,
      );
    }
    const probabilities = softmax(logits);
    if (isSwapped) swapped.push({ example_id, probabilities: swapBack(probabilities) });
    else asGiven.push({ example_id, probabilities });
  }
  return { asGiven, swapped };
}

/** model_a and model_b are the first two labels, whether or not a tie follows. */
function swapBack(probabilities: readonly number[]): number[] {
  const [first = 0, second = 0, ...rest] = probabilities;
  return [second, first, ...rest];
}
