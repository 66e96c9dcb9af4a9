import { resolveStudy, type MeasuredRun, type StudyResults } from '@nacre/contracts/study';
import { describe, expect, it } from 'vitest';

import { studyComparisons } from './study-comparisons.js';

const study = resolveStudy({
  nacre_study: 1,
  name: 'fixed',
  question: 'Which?',
  recipe: 'r.yaml',
  seeds: [1, 2],
  arms: { base: {}, other: { 'student.epochs': 1 } },
  baseline: 'base',
});

const run = (arm: string, seed: number, losses: number[], rows = 'a'.repeat(16)): MeasuredRun => ({
  ...{ arm, seed, workflow_id: `${arm}-${String(seed)}`, seconds: 1, computed: 1, reused: 0, rows, losses },
});

/** Prompt groups of four rows: the first two are one. */
const groups = ['000001', '000001', '000002', '000003'].join('');

function results(runs: MeasuredRun[]): StudyResults {
  return {
    nacre_study_results: 1,
    study: 'fixed',
    measured: 'merged',
    loss: 'expected',
    rows: [
      { digest: 'a'.repeat(16), groups },
      { digest: 'b'.repeat(16), groups },
    ],
    runs,
  };
}

/** A number but for rounding. */
const about = (value: number): number => expect.closeTo(value, 12) as number;

const of = (runs: MeasuredRun[]) => studyComparisons(study, results(runs));

describe('the table of a study', () => {
  it('has the differences that one computes by hand', () => {
    const [base, other] = of([
      run('base', 1, [1000, 900, 800, 700]),
      run('other', 1, [990, 890, 780, 680]),
      run('base', 2, [1000, 1000, 1000, 1000]),
      run('other', 2, [1010, 990, 980, 980]),
    ]);
    // (1 + .9 + .8 + .7 + 4) / 8
    expect(base).toEqual({
      arm: 'base',
      against: null,
      runs: 2,
      loss: about(0.925),
      difference: null,
    });
    // Rows by seed 1: -.01 -.01 -.02 -.02; by seed 2: +.01 -.01 -.02 -.02.
    expect(other).toMatchObject({ arm: 'other', against: 'base', runs: 2, loss: about(0.9125) });
    expect(other?.difference).toEqual({
      value: about(-0.0125),
      // Groups of 4, 2 and 2 values with means -.005, -.02, -.02: all draws of the first alone, or none of it.
      interval: [about(-0.02), about(-0.005)],
      bySeed: [
        { seed: 1, value: about(-0.015) },
        { seed: 2, value: about(-0.01) },
      ],
      verdict: 'better',
    });
  });

  it('calls the same the other way round worse', () => {
    const [, other] = of([
      ...[run('base', 1, [10, 10, 10, 10]), run('other', 1, [20, 20, 20, 20])],
      ...[run('base', 2, [10, 10, 10, 10]), run('other', 2, [20, 20, 20, 30])],
    ]);
    expect(other?.difference?.verdict).toBe('worse');
  });

  it.each([
    ['one seed', [run('base', 1, [9, 9, 9, 9]), run('other', 1, [5, 5, 5, 5])]],
    [
      'seeds that disagree',
      [
        ...[run('base', 1, [900, 900, 900, 900]), run('other', 1, [500, 500, 500, 500])],
        ...[run('base', 2, [900, 900, 900, 900]), run('other', 2, [901, 901, 901, 901])],
      ],
    ],
    [
      'an interval around 0',
      [
        ...[run('base', 1, [900, 900, 900, 900]), run('other', 1, [800, 800, 950, 950])],
        ...[run('base', 2, [900, 900, 900, 900]), run('other', 2, [800, 800, 950, 950])],
      ],
    ],
  ])('leaves %s undecided', (_, runs) => {
    expect(of(runs)[1]?.difference?.verdict).toBe('undecided');
  });

  it('compares only seeds that both arms have, and says how many runs each has', () => {
    const [base, other] = of([
      run('base', 1, [10, 10, 10, 10]),
      run('base', 2, [90, 90, 90, 90]),
      run('other', 2, [80, 80, 80, 80]),
    ]);
    expect(base?.runs).toBe(2);
    expect(other?.difference?.bySeed).toEqual([{ seed: 2, value: about(-0.01) }]);
  });

  it('of nothing has no numbers', () => {
    expect(of([])).toEqual(
      ['base', 'other'].map((arm) => ({
        ...{ arm, against: arm === 'base' ? null : 'base', runs: 0, loss: null, difference: null },
      })),
    );
  });

  it('refuses arms that were measured on different rows, or losses without their rows', () => {
    expect(() => of([run('base', 1, [1, 1, 1, 1]), run('other', 1, [1, 1, 1, 1], 'b'.repeat(16))])).toThrow(
      'seed 1: other and base were measured on different rows; an arm must not change the blind rows',
    );
    expect(() => of([run('base', 1, [1, 1, 1]), run('other', 1, [1, 1, 1])])).toThrow(
      'do not belong together',
    );
  });
});
