import { describe, expect, it } from 'vitest';

import { InvalidStudy } from '../errors/invalid-study.js';
import { comparedWith, resolveStudy } from './resolve-study.js';

const least = {
  nacre_study: 1,
  name: 'epochs',
  question: 'How many epochs?',
  recipe: '../arena-study.yaml',
  seeds: [1, 2],
  arms: { one: { 'student.epochs': 1 }, two: {}, four: { 'student.epochs': 4 } },
  baseline: 'two',
};

it('a study gets its defaults', () => {
  expect(resolveStudy(least)).toEqual({
    ...least,
    seed_keys: ['training.seed'],
    measured: 'merged',
    against: {},
  });
});

it('every arm is compared with the baseline, or with the one that it names', () => {
  const study = resolveStudy({ ...least, against: { four: 'one' } });
  expect(['one', 'two', 'four'].map((arm) => comparedWith(study, arm))).toEqual(['two', undefined, 'one']);
});

describe('a study is refused', () => {
  it.each<[string, object, string]>([
    ['with an unknown key', { seed: 1 }, 'seed: unknown key; docs/studies.md lists those of this version'],
    ['without a question', { question: undefined }, 'question: expected string, but the key is missing'],
    ['with one arm', { arms: { two: {} } }, 'arms: a comparison needs at least two arms'],
    ['with a seed twice', { seeds: [1, 1] }, 'seeds: a seed stands twice'],
    ['without a seed', { seeds: [] }, 'seeds: Too small: expected array to have >=1 items'],
    [
      'with a key that is none',
      { arms: { one: { 'student epochs': 1 }, two: {} } },
      'arms.one.student epochs:',
    ],
    [
      'with a baseline that is no arm',
      { baseline: 'three' },
      'baseline: there is no arm three; there are one,',
    ],
    [
      'with a rival that is no arm',
      { against: { one: 'x' } },
      'against.one: there is no arm x; there are one,',
    ],
    ['with an arm against itself', { against: { one: 'one' } }, 'against.one: compared with itself'],
    [
      'with an arm that sets what the seed sets',
      { arms: { one: { training: { dtype: 'float32' } }, two: {} } },
      'arms.one.training: the seed stands there (seed_keys); remove one of the two',
    ],
    [
      'with an arm of another name of the run',
      { arms: { one: { 'run.order': 'x' }, two: {} } },
      'arms.one.run.order: no model depends on it',
    ],
    [
      'with a name too long for its runs',
      { name: 'how-many-epochs-does-the-student-need' },
      'arms.four: how-many-epochs-does-the-student-need-four, the name of its runs, has more than 40 characters',
    ],
  ])('%s', (_, changes, message) => {
    const refused = () => resolveStudy({ ...least, ...changes });
    expect(refused).toThrow(InvalidStudy);
    expect(refused).toThrow(message);
  });

  it('with all its faults at once', () => {
    const both = { ...least, baseline: 'x', against: { one: 'one' } };
    expect(() => resolveStudy(both)).toThrow(/^baseline: .*\nagainst\.one: compared with itself$/);
  });
});
