import { describe, expect, it } from 'vitest';

import { twoLabels } from './arena-files.fixture.js';
import { checkSubmission } from './check-submission.js';

const row = (id: string, ...probabilities: number[]) => ({ id, probabilities });

describe('checkSubmission', () => {
  it('accepts exactly the ids in their order with distributions', () => {
    expect(() => checkSubmission([row('1', 0.5, 0.5), row('2', 1, 0)], ['1', '2'], twoLabels)).not.toThrow();
  });

  it.each([
    ['a missing id', [row('1', 0.5, 0.5)], 'id 2 has no prediction'],
    ['a foreign id', [row('3', 0.5, 0.5)], 'id 3 is no id of the submission'],
    ['an id twice', [row('1', 0.5, 0.5), row('1', 0.5, 0.5)], 'id 1 has two predictions'],
    ['another order', [row('2', 0.5, 0.5), row('1', 0.5, 0.5)], 'id 1 is not at its place'],
    ['a label too few', [row('1', 1)], 'id 1 has 1 probabilities for 2 labels'],
    ['a value below 0', [row('1', -0.1, 1.1)], 'outside 0 to 1: -0.1'],
    ['a value above 1', [row('1', 1.1, 0)], 'outside 0 to 1: 1.1'],
    ['a value that is NaN', [row('1', Number.NaN, 1)], 'a probability that is NaN'],
    ['a sum of 1 + 2e-6', [row('1', 0.5, 0.500002)], 'probabilities that sum to 1.00000'],
  ])('refuses %s', (_, predictions, message) => {
    expect(() => checkSubmission(predictions, ['1', '2'], twoLabels)).toThrow(message);
  });
});
