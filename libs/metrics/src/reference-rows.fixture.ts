import type { ScoredRow } from './rows.js';
import { softmax } from './softmax.js';

/**
 * 300 rows in 120 prompt groups that numpy makes alike, so that scikit-learn can be asked about them:
 *
 *   i = numpy.arange(300)[:, None]; k = numpy.arange(3)[None, :]
 *   z = 2 * numpy.sin(i * 7.1 + k * 2.3); p = scipy.special.softmax(z, axis=1)
 *   y = (z + 3 * numpy.sin(i * 3.7 + k * 1.9)).argmax(1)
 *
 * A model that is much too sure: right in half of the rows, at a log loss of 1.27.
 */
export function referenceRows(): ScoredRow[] {
  return Array.from({ length: 300 }, (_, i) => {
    const logits = [0, 1, 2].map((k) => 2 * Math.sin(i * 7.1 + k * 2.3));
    const pulled = logits.map((value, k) => value + 3 * Math.sin(i * 3.7 + k * 1.9));
    return {
      example_id: `train:${i}`,
      prompt_group: `group ${i % 120}`,
      label: pulled.indexOf(Math.max(...pulled)),
      probabilities: softmax(logits),
    };
  });
}

/** The same rows by another model: p2 = scipy.special.softmax(1.5 * numpy.cos(i * 5.3 + k * 1.1), axis=1). */
export function otherReferenceRows(): ScoredRow[] {
  return referenceRows().map((row, i) => ({
    ...row,
    probabilities: softmax([0, 1, 2].map((k) => 1.5 * Math.cos(i * 5.3 + k * 1.1))),
  }));
}
