import { describe, expect, it } from 'vitest';

import { classScores } from './class-scores.js';
import { confusion } from './confusion.js';
import { lengthBias } from './length-bias.js';
import { orderEffect } from './order-effect.js';
import { otherReferenceRows, referenceRows } from './reference-rows.fixture.js';
import { meanRowLosses } from './row-losses.js';
import type { AnswerLengths, ScoredRow } from './rows.js';
import { score, scoreLosses } from './score.js';
import { swapInconsistency } from './swap-inconsistency.js';

const labels = ['model_a', 'model_b', 'tie'] as ['model_a', 'model_b', 'tie'];
const rows = referenceRows();

function row(id: number, label: number, probabilities: readonly number[]): ScoredRow {
  return { example_id: `train:${id}`, prompt_group: `group ${id}`, label, probabilities };
}

describe('the classes of a step', () => {
  it('have the log loss and recall of scikit-learn', () => {
    // python: [log_loss(y[y == c], p[y == c], labels=[0, 1, 2]) for c in range(3)]; p.mean(0)
    //         recall_score(y, p.argmax(1), average=None); numpy.bincount(y)
    const expected = [
      [105, 1.398628014201032, 0.4666666666666667, 0.3193616982559149],
      [89, 1.0109162784672803, 0.5955056179775281, 0.3612766591680759],
      [106, 1.3736175446766026, 0.4811320754716981, 0.3193616425760092],
    ] as const;
    classScores(labels, rows).forEach((each, index) => {
      const [count = 0, loss = 0, recall = 0, predicted = 0] = expected[index] ?? [];
      expect(each.label).toBe(labels[index]);
      expect(each.rows).toBe(count);
      expect(each.log_loss).toBeCloseTo(loss, 12);
      expect(each.recall).toBeCloseTo(recall, 14);
      expect(each.predicted).toBeCloseTo(predicted, 12);
    });
  });

  it('have the confusion matrix of scikit-learn', () => {
    // python: confusion_matrix(y, p.argmax(1))
    expect(confusion(labels, rows)).toEqual([
      [49, 29, 27],
      [18, 53, 18],
      [29, 26, 51],
    ]);
  });

  it('without a vote have no loss', () => {
    expect(classScores(labels, [row(1, 0, [0.5, 0.25, 0.25])])[2]).toEqual({
      label: 'tie',
      rows: 0,
      log_loss: null,
      recall: null,
      predicted: 0.25,
    });
  });
});

describe('one of several models', () => {
  it('costs the mean of their losses, which scikit-learn gives apart; the mean prediction costs less', () => {
    // python: (log_loss(y, p, labels=[0, 1, 2]) + log_loss(y, p2, labels=[0, 1, 2])) / 2
    const others = otherReferenceRows();
    const apart = scoreLosses(meanRowLosses([rows, [...others].reverse()]));
    expect(apart.log_loss).toBeCloseTo(1.3392156166491387, 12);
    expect(apart.accuracy).toBeCloseTo(0.42833333333333334, 14);
    const together = rows.map((each, index) => ({
      ...each,
      probabilities: each.probabilities.map(
        (value, k) => (value + (others[index]?.probabilities[k] ?? 0)) / 2,
      ),
    }));
    // python: log_loss(y, (p + p2) / 2, labels=[0, 1, 2])
    expect(score(together).log_loss).toBeCloseTo(1.1002245738566179, 12);
  });

  it('must have the rows of the others', () => {
    expect(() => meanRowLosses([])).toThrow(/at least one model/);
    expect(() => meanRowLosses([rows, rows.slice(1)])).toThrow(/train:0 is in the first model/);
  });
});

describe('length bias', () => {
  /** python: a = 100 + i * 37 % 211; b = 100 + i * 53 % 197 */
  const lengths = new Map<string, AnswerLengths>(
    rows.map(({ example_id }, i) => [
      example_id,
      { response_a: 100 + ((i * 37) % 211), response_b: 100 + ((i * 53) % 197) },
    ]),
  );

  it('is the excess over the votes that numpy computes, with the interval of its bootstrap', () => {
    // python: longer = where(a > b, 0, 1); voted = where(y == longer, 1, where(y == 2, .5, 0))[a != b]
    //         predicted = (p[arange(300), longer] + p[:, 2] / 2)[a != b]; predicted.mean() - voted.mean()
    const bias = lengthBias(labels, rows, lengths);
    expect(bias?.rows).toBe(297);
    expect(bias?.voted).toBeCloseTo(0.48653198653198654, 14);
    expect(bias?.predicted).toBeCloseTo(0.4952954319795603, 12);
    expect(bias?.excess).toBeCloseTo(0.008763445447573789, 12);
    // 200,000 resamples of the 120 groups by numpy.random.default_rng(0); ours are 1,000.
    expect(Math.abs((bias?.interval[0] ?? 1) - -0.03729684)).toBeLessThan(0.008);
    expect(Math.abs((bias?.interval[1] ?? 1) - 0.05498366)).toBeLessThan(0.008);
  });

  it('falls into buckets by the ratio of the lengths, as numpy counts them', () => {
    const found = lengthBias(labels, rows, lengths)?.buckets ?? [];
    expect(found.map(({ from, below, rows: count }) => [from, below, count])).toEqual([
      [1, 1.25, 108],
      [1.25, 2, 147],
      [2, 4, 42],
    ]);
    expect(found[1]?.voted).toBeCloseTo(0.48639455782312924, 14);
    expect(found[1]?.predicted).toBeCloseTo(0.5060215245297158, 12);
    expect(found[1]?.log_loss).toBeCloseTo(1.31745159541443, 12);
  });

  it('is what a model that only counts characters has, by hand: 1 where people are split', () => {
    const long = { response_a: 300, response_b: 100 };
    const judged = [row(1, 0, [1, 0, 0]), row(2, 1, [1, 0, 0]), row(3, 2, [1, 0, 0])];
    const bias = lengthBias(labels, judged, new Map(judged.map(({ example_id }) => [example_id, long])));
    expect(bias).toMatchObject({ rows: 3, voted: 0.5, predicted: 1, excess: 0.5 });
  });

  it('leaves rows of one length out, takes an empty answer as infinitely shorter, and needs every length', () => {
    const same = new Map([['train:1', { response_a: 5, response_b: 5 }]]);
    expect(lengthBias(labels, [row(1, 0, [1, 0, 0])], same)).toBeNull();
    const empty = new Map([['train:1', { response_a: 0, response_b: 5 }]]);
    expect(lengthBias(labels, [row(1, 1, [0, 1, 0])], empty)?.buckets).toMatchObject([
      { from: 4, below: null, rows: 1, voted: 1, predicted: 1 },
    ]);
    expect(() => lengthBias(labels, rows, same)).toThrow('train:0 has no lengths of its answers');
  });
});

describe('the order of the answers', () => {
  it('has the effect that numpy computes', () => {
    // python, p2 standing for the other order: abs(p[:, 0] - p2[:, 0]).mean(); (p.argmax(1) != p2.argmax(1)).mean()
    //         ((p[:, 0] - p2[:, 0] + p2[:, 1] - p[:, 1]) / 2).mean()
    const effect = orderEffect(rows, otherReferenceRows().reverse());
    expect(effect.rows).toBe(300);
    expect(effect.inconsistency).toBeCloseTo(0.3383970201638822, 12);
    expect(effect.flips).toBeCloseTo(0.6733333333333333, 14);
    expect(effect.toward_first).toBeCloseTo(-0.0665772377530294, 12);
    expect(effect.interval[0]).toBeLessThan(effect.toward_first);
    expect(effect.interval[1]).toBeGreaterThan(effect.toward_first);
  });

  it('is none for a model that judges the answers, and all for one that judges the places', () => {
    expect(orderEffect(rows, rows)).toMatchObject({ inconsistency: 0, flips: 0, toward_first: 0 });
    const first = [row(1, 0, [0.8, 0.1, 0.1])];
    const effect = orderEffect(first, [row(1, 0, [0.1, 0.8, 0.1])]);
    expect(effect.inconsistency).toBeCloseTo(0.7, 15);
    expect(effect.toward_first).toBeCloseTo(0.7, 15);
    expect(effect.flips).toBe(1);
  });

  it('agrees with the swap inconsistency of the same logits', () => {
    const logits = [
      { example_id: 'train:1', swapped: false, logits: [2, 0, 1] },
      { example_id: 'train:1', swapped: true, logits: [1, 0.5, 0] },
    ];
    const weights = (values: readonly number[]) => values.map((value) => Math.exp(value));
    const shares = (values: readonly number[]) => {
      const total = weights(values).reduce((sum, value) => sum + value, 0);
      return weights(values).map((value) => value / total);
    };
    const given = row(1, 0, shares([2, 0, 1]));
    const other = row(1, 0, shares([0.5, 1, 0]));
    expect(orderEffect([given], [other]).inconsistency).toBeCloseTo(swapInconsistency(labels, logits), 14);
  });

  it('needs every row in both orders', () => {
    expect(() => orderEffect([], [])).toThrow(/at least one/);
    expect(() => orderEffect(rows, rows.slice(1))).toThrow(/train:0 is in the rows as given/);
  });
});
