import { ContractViolation } from '@nacre/contracts/errors';
import type { OrderEffect } from '@nacre/contracts/measurement';

import { groupedMean } from './grouped-mean.js';
import { joinRows } from './join-rows.js';
import type { ProbabilityRow, ScoredRow } from './rows.js';

/**
 * What changes when the answers change places: how far P(model_a) moves, how often the most probable class does, and
 * toward which place. Both tables are in the order of the source.
 *
 * @throws ContractViolation for no rows, or naming a row that is not there in both orders.
 */
export function orderEffect(asGiven: readonly ScoredRow[], swapped: readonly ProbabilityRow[]): OrderEffect {
  if (asGiven.length === 0) throw new ContractViolation('an order effect needs at least one row');
  const pairs = joinRows(asGiven, 'the rows as given', swapped, 'the swapped rows');
  const moved = pairs.map(([given, other]) => ({
    example_id: given.example_id,
    prompt_group: given.prompt_group,
    // As given, response_a stands first; swapped, it stands second. What it loses response_b need not gain.
    value: (answerWins(given, 0) - answerWins(other, 0) + answerWins(other, 1) - answerWins(given, 1)) / 2,
  }));
  const { mean, interval } = groupedMean(moved);
  const share = (value: (given: ProbabilityRow, other: ProbabilityRow) => number) =>
    pairs.reduce((sum, [given, other]) => sum + value(given, other), 0) / pairs.length;
  return {
    rows: pairs.length,
    inconsistency: share((given, other) => Math.abs(answerWins(given, 0) - answerWins(other, 0))),
    flips: share((given, other) => (mostProbable(given) === mostProbable(other) ? 0 : 1)),
    toward_first: mean,
    interval,
  };
}

function answerWins({ probabilities }: ProbabilityRow, answer: 0 | 1): number {
  return probabilities[answer] ?? 0;
}

function mostProbable({ probabilities }: ProbabilityRow): number {
  return probabilities.indexOf(Math.max(...probabilities));
}
