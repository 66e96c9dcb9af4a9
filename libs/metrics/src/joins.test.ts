import { describe, expect, it } from 'vitest';

import { meanOfOrders } from './mean-of-orders.js';
import { meanProbabilities } from './mean-probabilities.js';
import { orders } from './orders.js';
import { pairedDifference } from './paired-difference.js';
import { priorScore } from './prior-score.js';
import type { FoldRow, LogitRow, ScoredRow } from './rows.js';
import { swapInconsistency } from './swap-inconsistency.js';
import { withVotes } from './with-votes.js';

const labels = ['model_a', 'model_b', 'tie'] as ['model_a', 'model_b', 'tie'];

function row(id: number, probabilities: readonly number[], label = 0): ScoredRow {
  return { example_id: `train:${id}`, prompt_group: `group ${id}`, label, probabilities };
}

function foldRow(id: number, label: FoldRow['label']): FoldRow {
  return { example_id: `train:${id}`, label, prompt_group: `group ${id}`, fold: 0, blind: false };
}

function logitRow(id: number, swapped: boolean, logits: readonly number[]): LogitRow {
  return { example_id: `train:${id}`, swapped, logits };
}

describe('a paired difference', () => {
  const better = [row(1, [0.5, 0.5]), row(2, [0.5, 0.5]), row(3, [0.5, 0.5])];
  const worse = [row(3, [0.25, 0.75]), row(1, [0.25, 0.75]), row(2, [0.25, 0.75])];

  it('is this minus that on rows joined by id, by hand: ln 2 less on every row', () => {
    const difference = pairedDifference('prior', better, worse);
    expect(difference).toMatchObject({ to: 'prior', rows: 3 });
    expect(difference.value).toBeCloseTo(-Math.LN2, 14);
    expect(difference.interval[0]).toBeCloseTo(-Math.LN2, 14);
    expect(difference.interval[1]).toBeCloseTo(-Math.LN2, 14);
  });

  it('changes its sign, interval included, when the sides change', () => {
    const uneven = [row(1, [0.9, 0.1]), row(2, [0.2, 0.8]), row(3, [0.6, 0.4])];
    const there = pairedDifference('x', uneven, worse);
    const back = pairedDifference('x', worse, uneven);
    expect(back.value).toBeCloseTo(-there.value, 14);
    expect(back.interval[0]).toBeCloseTo(-there.interval[1], 12);
    expect(back.interval[1]).toBeCloseTo(-there.interval[0], 12);
  });

  it('names a row that is missing, foreign or there twice', () => {
    expect(() => pairedDifference('prior', better, worse.slice(1))).toThrow(
      'train:3 is in the rows compared but not in prior',
    );
    expect(() => pairedDifference('prior', better.slice(2), worse)).toThrow(
      'train:1 (and 1 more) is in prior but not in the rows compared',
    );
    expect(() => pairedDifference('prior', better, [...worse, row(2, [1, 0])])).toThrow(
      'train:2 is twice in prior',
    );
  });

  it('refuses no rows and rows with two votes', () => {
    expect(() => pairedDifference('prior', [], [])).toThrow(/no rows/);
    expect(() => pairedDifference('prior', [row(1, [1, 0], 0)], [row(1, [1, 0], 1)])).toThrow(/another vote/);
  });
});

describe('both orders', () => {
  const given = logitRow(1, false, [2, 0, 1]);

  it('bring a swapped row back to the order of the source', () => {
    expect(orders(labels, [logitRow(1, true, [0, 2, 1])]).swapped).toEqual(orders(labels, [given]).asGiven);
  });

  it('are averaged: a model that judges the answers is not changed', () => {
    expect(meanOfOrders(labels, [given, logitRow(1, true, [0, 2, 1])])).toEqual(
      orders(labels, [given]).asGiven,
    );
  });

  it('are averaged: a model that judges the places ends at equal chances', () => {
    const [mean] = meanOfOrders(labels, [given, logitRow(1, true, [2, 0, 1])]);
    expect(mean?.probabilities[0]).toBeCloseTo(mean?.probabilities[1] ?? 0, 15);
    expect(mean?.probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 15);
  });

  it('differ by the swap inconsistency: 0 for a fair model, |2p - 1| for two classes and one place', () => {
    expect(swapInconsistency(labels, [given, logitRow(1, true, [0, 2, 1])])).toBe(0);
    const two = ['model_a', 'model_b'] as ['model_a', 'model_b'];
    const rows = [logitRow(1, false, [Math.log(3), 0]), logitRow(1, true, [Math.log(3), 0])];
    expect(swapInconsistency(two, rows)).toBeCloseTo(0.5, 15);
  });

  it('refuse a row that lacks one order, has one twice, or a logit too few', () => {
    expect(() => meanOfOrders(labels, [given])).toThrow('train:1 is in the first model but not in model 2');
    expect(() => swapInconsistency(labels, [given])).toThrow(/train:1 is in the rows as given/);
    expect(() => meanOfOrders(labels, [given, given])).toThrow(/train:1/);
    expect(() => orders(labels, [logitRow(7, false, [1, 2])])).toThrow(/train:7 .*model_a, model_b, tie/);
    expect(() => orders(labels, [logitRow(7, false, [1, 2, Number.NaN])])).toThrow(/train:7/);
  });
});

describe('a mean of probabilities', () => {
  it('joins by id, by hand', () => {
    const mean = meanProbabilities([
      [row(1, [0.2, 0.8]), row(2, [1, 0])],
      [row(2, [0.5, 0.5]), row(1, [0.4, 0.6])],
    ]);
    expect(mean.map((each) => each.example_id)).toEqual(['train:1', 'train:2']);
    expect(mean[0]?.probabilities[0]).toBeCloseTo(0.3, 15);
    expect(mean[1]?.probabilities[0]).toBeCloseTo(0.75, 15);
  });

  it('refuses no models and a model with other rows', () => {
    expect(() => meanProbabilities([])).toThrow(/at least one model/);
    expect(() => meanProbabilities([[row(1, [1, 0])], [row(2, [1, 0])]])).toThrow(/train:1/);
  });
});

describe('the prior', () => {
  it('has the entropy of the class shares on the rows it was counted on: 1.5 ln 2 for 1/2, 1/4, 1/4', () => {
    const rows = [foldRow(1, 'model_a'), foldRow(2, 'model_a'), foldRow(3, 'model_b'), foldRow(4, 'tie')];
    expect(priorScore(labels, rows, rows).log_loss).toBeCloseTo(1.5 * Math.LN2, 14);
  });

  it('refuses to be counted on nothing, and a vote that is no label', () => {
    expect(() => priorScore(labels, [], [foldRow(1, 'tie')])).toThrow(/at least one training row/);
    const two = ['model_a', 'model_b'] as ['model_a', 'model_b'];
    expect(() => withVotes(two, [foldRow(1, 'tie')], [row(1, [1, 0])])).toThrow(/train:1 has the vote tie/);
  });
});
