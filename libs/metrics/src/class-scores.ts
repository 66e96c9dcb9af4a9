import type { ClassScore } from '@nacre/contracts/measurement';
import type { Labels } from '@nacre/contracts/recipe';

import { rowLosses } from './row-losses.js';
import type { ScoredRow } from './rows.js';

/** Log loss and recall of the rows of each vote, and how often each class is predicted, in the order of the labels. */
export function classScores(labels: Labels, rows: readonly ScoredRow[]): ClassScore[] {
  const losses = rowLosses(rows);
  return labels.map((label, index) => {
    const own = losses.filter((row) => row.label === index);
    const mean = (value: (row: (typeof own)[number]) => number) =>
      own.length === 0 ? null : own.reduce((sum, row) => sum + value(row), 0) / own.length;
    return {
      label,
      rows: own.length,
      log_loss: mean(({ loss }) => loss),
      recall: mean(({ right }) => right),
      predicted: rows.reduce((sum, row) => sum + (row.probabilities[index] ?? 0), 0) / rows.length,
    };
  });
}
