import { beforeAll, describe, expect, it } from 'vitest';

import { drawComparison, type DrawnComparison } from './draw-comparison.js';
import { arenaWords } from './vocabulary.js';

const labels = ['model_a', 'model_b', 'tie'] as const;
const rows = 4000;

type Features = (comparison: DrawnComparison) => number[];

function truth(comparison: DrawnComparison): number[] {
  return labels.map((label) => comparison.probabilities[label]);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Cross-entropy of a prediction against the true distribution, natural logarithm. */
function expectedLoss(
  comparisons: readonly DrawnComparison[],
  predict: (row: DrawnComparison) => number[],
): number {
  return meanOf(
    comparisons.map((comparison) => {
      const predicted = predict(comparison);
      return -truth(comparison).reduce((sum, p, index) => sum + p * Math.log(predicted[index] ?? 0), 0);
    }),
  );
}

function softmax(scores: readonly number[]): number[] {
  const exponentials = scores.map((score) => Math.exp(score - Math.max(...scores)));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/**
 * Multinomial logistic regression by accelerated gradient descent, fitted to the true distributions: as good as
 * these features can be with any number of votes, so the bounds below hold for every fit to votes.
 */
function fit(
  comparisons: readonly DrawnComparison[],
  features: Features,
): (row: DrawnComparison) => number[] {
  const inputs = comparisons.map((comparison) => [1, ...features(comparison)]);
  const width = inputs[0]?.length ?? 0;
  const scale = Array.from(
    { length: width },
    (_, column) => Math.sqrt(meanOf(inputs.map((input) => (input[column] ?? 0) ** 2))) || 1,
  );
  for (const input of inputs)
    for (let column = 0; column < width; column += 1) input[column]! /= scale[column]!;
  const weights = labels.map(() => new Float64Array(width));
  const velocity = labels.map(() => new Float64Array(width));
  const scores = (input: readonly number[]) =>
    weights.map((weight) => input.reduce((sum, value, column) => sum + value * weight[column]!, 0));
  for (let step = 0; step < 250; step += 1) {
    const gradient = labels.map(() => new Float64Array(width));
    comparisons.forEach((comparison, row) => {
      const input = inputs[row]!;
      const predicted = softmax(scores(input));
      const target = truth(comparison);
      labels.forEach((_, label) => {
        const error = (predicted[label]! - target[label]!) / comparisons.length;
        for (let column = 0; column < width; column += 1) gradient[label]![column]! += error * input[column]!;
      });
    });
    labels.forEach((_, label) => {
      for (let column = 0; column < width; column += 1) {
        velocity[label]![column] = 0.9 * velocity[label]![column]! - 0.3 * gradient[label]![column]!;
        weights[label]![column]! += velocity[label]![column]!;
      }
    });
  }
  return (comparison) =>
    softmax(scores([1, ...features(comparison)].map((value, column) => value / scale[column]!)));
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

const numberOf = new Map(arenaWords.map((word, index) => [word, index]));
const bagOfWords: Features = ({ answers: [a, b] }) => {
  const counts = arenaWords.map(() => 0);
  for (const word of a.words) counts[numberOf.get(word)!]! += 1;
  for (const word of b.words) counts[numberOf.get(word)!]! -= 1;
  return counts;
};

describe('the difficulty of the synthetic arena, at seeds nothing was tuned on', () => {
  let prior = 0;
  let bayes = 0;
  let fitting: DrawnComparison[] = [];
  let fresh: DrawnComparison[] = [];
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
    console.log({ prior, bayes, shares });
  });
  const closed = (loss: number) => (prior - loss) / (prior - bayes);

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
    const share = closed(expectedLoss(fresh, fit(fitting, lengths)));
    console.log({ lengths: share });
    expect(share).toBeLessThanOrEqual(0.25);
  });

  it('is not told by a bag of words: at most half of the gap', () => {
    const share = closed(expectedLoss(fresh, fit(fitting, bagOfWords)));
    console.log({ bag: share });
    expect(share).toBeLessThanOrEqual(0.5);
    expect(share).toBeGreaterThan(0.1);
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
