import { expect, it } from 'vitest';

import { expectedLosses } from './expected-losses.js';

const truth = [
  { example_id: 'fresh:1', probabilities: [0.5, 0.25, 0.25] },
  { example_id: 'fresh:2', probabilities: [1, 0, 0] },
];
const row = (example_id: string, ...probabilities: number[]) => ({ example_id, probabilities });

it('is the cross-entropy against the truth, joined by id, in the order of the truth', () => {
  const losses = expectedLosses(
    truth,
    [row('fresh:2', 0.5, 0.25, 0.25), row('fresh:1', 0.25, 0.5, 0.25)],
    'a model',
  );
  // .5 ln 4 + .25 ln 2 + .25 ln 4, and ln 2
  expect([...losses]).toEqual([expect.closeTo(1.75 * Math.LN2, 12), expect.closeTo(Math.LN2, 12)]);
});

it('is the entropy for the truth itself, where nothing is certain to be wrong', () => {
  expect([...expectedLosses(truth, truth, 'Bayes')]).toEqual([
    expect.closeTo(1.5 * Math.LN2, 12),
    expect.closeTo(0, 12),
  ]);
});

it.each([
  ['lacks a row', [row('fresh:1', 1, 0, 0)], 'a model: fresh:2 has no prediction'],
  ['has a foreign row', [...truth, row('train:9', 1, 0, 0)], 'a model: train:9 has no true distribution'],
  ['has a row twice', [...truth, row('fresh:1', 1, 0, 0)], 'a model: a row is there twice'],
  [
    'has another number of labels',
    [row('fresh:1', 0.5, 0.5), row('fresh:2', 1, 0, 0)],
    'fresh:1 has 2 probabilities, not 3',
  ],
])('a prediction that %s is refused', (_, predictions, message) => {
  expect(() => expectedLosses(truth, predictions, 'a model')).toThrow(message);
});
