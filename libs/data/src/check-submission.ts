import { InvalidPrediction } from '@nacre/contracts/errors';
import type { Labels } from '@nacre/contracts/recipe';

import { quotedId } from './quoted-id.js';

/** Probabilities of one row in the order of the labels. */
export interface Prediction {
  readonly id: string;
  readonly probabilities: readonly number[];
}

/** How far from 1 the probabilities of a row may sum up. */
const SUM_TOLERANCE = 1e-6;

/**
 * Checks predictions against what a submission must be: exactly these ids in exactly this order, one finite
 * probability in [0, 1] per label, sums of 1 within 1e-6.
 *
 * @throws InvalidPrediction naming the id (cut to 80 characters) and what is wrong with it.
 */
export function checkSubmission(
  predictions: readonly Prediction[],
  ids: readonly string[],
  labels: Labels,
): void {
  const expected = new Set(ids);
  const seen = new Set<string>();
  for (const { id, probabilities } of predictions) {
    if (!expected.has(id)) throw refusal(id, 'is no id of the submission');
    if (seen.has(id)) throw refusal(id, 'has two predictions');
    seen.add(id);
    if (probabilities.length !== labels.length) {
      throw refusal(id, `has ${probabilities.length} probabilities for ${labels.length} labels`);
    }
    for (const probability of probabilities) {
      if (!Number.isFinite(probability))
        throw refusal(id, `has a probability that is ${String(probability)}`);
      if (probability < 0 || probability > 1)
        throw refusal(id, `has a probability outside 0 to 1: ${probability}`);
    }
    const sum = probabilities.reduce((total, probability) => total + probability, 0);
    if (Math.abs(sum - 1) > SUM_TOLERANCE) throw refusal(id, `has probabilities that sum to ${sum}, not 1`);
  }
  const missing = ids.find((id) => !seen.has(id));
  if (missing !== undefined) throw refusal(missing, 'has no prediction');
  const misplaced = ids.find((id, index) => predictions[index]?.id !== id);
  if (misplaced !== undefined) throw refusal(misplaced, 'is not at its place in the order');
}

function refusal(id: string, problem: string): InvalidPrediction {
  const shown = quotedId(id);
  return new InvalidPrediction(`submission: id ${shown} ${problem}; nothing was written`, { id: shown });
}
