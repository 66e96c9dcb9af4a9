import type { FoldScore, Score, WaterfallStep } from '@nacre/contracts/measurement';
import { describe, expect, it } from 'vitest';

import { implausibleScores } from './implausible-scores.js';

const score = (log_loss: number, rows = 30): Score => ({
  ...{ rows, groups: rows, log_loss, accuracy: 0.5 },
  interval: [log_loss - 0.1, log_loss + 0.1],
});
const cell = (fold: number, of: Score | null): FoldScore => ({
  model: 'gemma',
  role: 'student',
  fold,
  score: of,
});
const step = (
  name: WaterfallStep['step'],
  out_of_fold: Score | null,
  blind: Score | null,
): WaterfallStep => ({
  ...{ step: name, title: `The ${name}`, differences: [] },
  out_of_fold,
  blind,
});
const honest = {
  folds: [cell(0, score(0.9)), cell(1, score(0.8))],
  waterfall: [step('prior', score(0.4), score(0.4)), step('student', score(0.85), score(0.9))],
};

describe('a log loss that is too good to be true', () => {
  it('is none at or above the floor, whatever the prior reaches', () => {
    expect(implausibleScores(honest, 0.8)).toEqual([]);
  });

  it('is named with its model, fold and rows, the lowest first', () => {
    const folds = [cell(0, score(0.5)), cell(1, score(0.01, 12)), cell(2, score(0.7))];
    expect(implausibleScores({ ...honest, folds }, 0.6)).toEqual([
      { place: 'gemma (student) on the dev rows of fold 1', rows: 12, log_loss: 0.01 },
      { place: 'gemma (student) on the dev rows of fold 0', rows: 30, log_loss: 0.5 },
    ]);
  });

  it('does not count where teachers had seen the rows: there it is no sign of a leak', () => {
    const spoilt = {
      folds: [cell(0, score(0.1))],
      waterfall: [step('student', score(0.1), score(0.5))],
      contaminated: ['student' as const],
    };
    expect(implausibleScores(spoilt, 0.6).map(({ place }) => place)).toEqual(['The student, on blind rows']);
  });

  it('is looked for in every step, out of fold and on blind rows', () => {
    const waterfall = [step('student', score(0.5), score(0.9)), step('merged', null, score(0.4))];
    expect(implausibleScores({ ...honest, waterfall }, 0.6).map(({ place }) => place)).toEqual([
      'The merged, on blind rows',
      'The student, out of fold',
    ]);
  });

  it('is none of a fold that was skipped, nor of a score without rows', () => {
    expect(implausibleScores({ ...honest, folds: [cell(0, null), cell(1, score(0, 0))] }, 0.6)).toEqual([]);
  });
});
