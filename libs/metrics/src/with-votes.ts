import { ContractViolation } from '@nacre/contracts/errors';
import type { Labels } from '@nacre/contracts/recipe';

import { joinRows } from './join-rows.js';
import type { FoldRow, ProbabilityRow, ScoredRow } from './rows.js';

/**
 * Predictions beside the votes of exactly these rows.
 *
 * @throws ContractViolation naming a row that is missing, foreign or twice, or a vote outside the labels.
 */
export function withVotes(
  labels: Labels,
  rows: readonly FoldRow[],
  predictions: readonly ProbabilityRow[],
): ScoredRow[] {
  const classes: readonly string[] = labels;
  return joinRows(rows, 'the labelled rows', predictions, 'the predictions').map(
    ([row, { probabilities }]) => {
      const label = classes.indexOf(row.label);
      if (label < 0) {
        throw new ContractViolation(
          `${row.example_id} has the vote ${row.label}; the labels are ${labels.join(', ')}`,
        );
      }
      return { example_id: row.example_id, prompt_group: row.prompt_group, label, probabilities };
    },
  );
}
