import { beforeAll, describe, expect, it } from 'vitest';

import { drawComparison, type DrawnComparison } from './draw-comparison.js';
import { SoftmaxRegression } from './softmax-regression.fixture.js';
import { arenaWords } from './vocabulary.js';

const labels = ['model_a', 'model_b', 'tie'] as const;
const rows = 4000;
const fittedRows = 2500;

type Features = (comparison: DrawnComparison) => number[];

const truth = ({ probabilities }: DrawnComparison) => labels.map((label) => probabilities[label]);
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Cross-entropy of a prediction against the true distribution, natural logarithm. */
function expectedLoss(
  comparisons: readonly DrawnComparison[],
  predict: (row: DrawnComparison) => number[],
): number {
  return meanOf(
    comparisons.map((comparison) => {
      const predicted = predict(comparison);
      return -truth(comparison).reduce((sum, p, label) => sum + p * Math.log(predicted[label] ?? 0), 0);
    }),
  );
}

const lengths: Features = ({ answers: [a, b] }) => {
  const difference = a.words.length - b.words.length;
  return [
    difference,
    Math.abs(difference),
    Math.log(a.words.length / b.words.length),
    a.words.length + b.words.length,
  ];
};

const bagOfWords: Features = ({ answers: [a, b] }) => {
  const counts = new Map(arenaWords.map((word) => [word, 0]));
  for (const word of a.words) counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const word of b.words) counts.set(word, (counts.get(word) ?? 0) - 1);
  return [...counts.values()];
};

// The regressions take two seconds; a loaded machine may need many times that.
describe('the difficulty of the synthetic arena, at seeds nothing was tuned on', { timeout: 60_000 }, () => {
  let fitting: DrawnComparison[] = [];
  let fresh: DrawnComparison[] = [];
  let prior = 0;
  let bayes = 0;
  beforeAll(() => {
    const draw = (seed: number) =>
      Array.from({ length: rows }, (_, row) =>
        drawComparison({ seed, stream: 'comparisons', labels: [...labels] }, row),
      );
    fitting = draw(770_001);
    fresh = draw(770_002);
    const shares = labels.map((label) => meanOf(fitting.map(({ probabilities }) => probabilities[label])));
    prior = expectedLoss(fresh, () => shares);
    bayes = expectedLoss(fresh, truth);
  });

  /**
   * Share of the gap from prior to Bayes that a regression on the features closes. It is fitted to the true
   * distributions: as good as these features get with any number of votes, so the bounds hold for votes as well.
   */
  const closedBy = (features: Features) => {
    const known = fitting.slice(0, fittedRows);
    const regression = new SoftmaxRegression(known.map(features), known.map(truth));
    const loss = expectedLoss(fresh, (comparison) => regression.predict(features(comparison)));
    return (prior - loss) / (prior - bayes);
  };

  it('leaves room to learn: prior 1.05 to 1.10, Bayes 0.60 to 0.95', () => {
    expect(prior).toBeGreaterThan(1.05);
    expect(prior).toBeLessThan(1.1);
    expect(bayes).toBeGreaterThan(0.6);
    expect(bayes).toBeLessThan(0.95);
  });

  it('has at least a fifth of ties', () => {
    expect(fresh.filter(({ vote }) => vote === 'tie').length / rows).toBeGreaterThanOrEqual(0.2);
  });

  it('is not told by length: at most a quarter of the gap', () => {
    expect(closedBy(lengths)).toBeLessThanOrEqual(0.25);
  });

  it('is not told by a bag of words: some, but at most half of the gap', () => {
    const closed = closedBy(bagOfWords);

    expect(closed).toBeLessThanOrEqual(0.5);
    expect(closed).toBeGreaterThan(0.1);
  });

  it('draws its votes from the true distribution', () => {
    for (const label of labels) {
      const drawn = fresh.filter(({ vote }) => vote === label).length / rows;
      expect(Math.abs(drawn - meanOf(fresh.map(({ probabilities }) => probabilities[label])))).toBeLessThan(
        0.025,
      );
    }
  });
});
