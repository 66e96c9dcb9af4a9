import { ContractViolation } from '@nacre/contracts/errors';
import type { Score } from '@nacre/contracts/measurement';
import type { Labels } from '@nacre/contracts/recipe';

import { score } from './score.js';
import type { FoldRow, ProbabilityRow } from './rows.js';
import { withVotes } from './with-votes.js';

/**
 * The prediction of somebody who reads no text: the class shares of the rows trained on, for every row.
 *
 * @throws ContractViolation when there is nothing to count.
 */
export function priorProbabilities(
  labels: Labels,
  trainedOn: readonly FoldRow[],
  rows: readonly FoldRow[],
): ProbabilityRow[] {
  if (trainedOn.length === 0) throw new ContractViolation('a prior needs at least one training row');
  const shares = labels.map(
    (label) => trainedOn.filter((row) => row.label === label).length / trainedOn.length,
  );
  return rows.map(({ example_id }) => ({ example_id, probabilities: shares }));
}

/** Score of the prior: what a model must beat to have learnt anything from the text. */
export function priorScore(labels: Labels, trainedOn: readonly FoldRow[], rows: readonly FoldRow[]): Score {
  return score(withVotes(labels, rows, priorProbabilities(labels, trainedOn, rows)));
}
