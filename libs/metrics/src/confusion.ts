import type { Labels } from '@nacre/contracts/recipe';

import type { ScoredRow } from './rows.js';

/**
 * Rows by vote (line) and most probable class (column), both in the order of the labels; of equally probable classes
 * the first counts.
 */
export function confusion(labels: Labels, rows: readonly ScoredRow[]): number[][] {
  const counts = labels.map(() => labels.map(() => 0));
  for (const { label, probabilities } of rows) {
    const line = counts[label];
    const predicted = probabilities.indexOf(Math.max(...probabilities));
    if (line !== undefined) line[predicted] = (line[predicted] ?? 0) + 1;
  }
  return counts;
}
