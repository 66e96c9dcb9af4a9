import { describe, expect, it } from 'vitest';

import { calibrationError } from './calibration-error.js';
import { referenceRows } from './reference-rows.fixture.js';
import type { ScoredRow } from './rows.js';
import { applyScaling, fitScaling } from './scaling.js';
import { score } from './score.js';

const rows = referenceRows();
const lossOf = (scaled: readonly ScoredRow[]) => score(scaled).log_loss;

describe('temperature scaling', () => {
  it('finds the factor and the loss of scikit-learn', () => {
    // python: CalibratedClassifierCV(FrozenEstimator(e), method='temperature', ensemble=False).fit(z, y), where
    //         e.decision_function(z) is z; .calibrated_classifiers_[0].calibrators[0].beta_; log_loss(y, .predict_proba(z))
    const scaling = fitScaling('temperature', rows);
    expect(scaling.factors[0]).toBeCloseTo(0.3358198, 6);
    expect(scaling.factors).toEqual([0, 1, 2].map(() => scaling.factors[0]));
    expect(lossOf(applyScaling(scaling, rows))).toBeCloseTo(0.9962149285698626, 10);
  });

  it('moves no most probable class, so accuracy stays', () => {
    const scaled = applyScaling(fitScaling('temperature', rows), rows);
    expect(score(scaled).accuracy).toBe(score(rows).accuracy);
  });

  it('leaves a model as it is whose temperature is right: fitted again, the factor is 1', () => {
    const [factor = 0] = fitScaling(
      'temperature',
      applyScaling(fitScaling('temperature', rows), rows),
    ).factors;
    expect(factor).toBeCloseTo(1, 5);
  });

  it('finds the temperature by hand: two of three right at odds of 9 are odds of 2, a factor of ln 2 / ln 9', () => {
    const row = (id: number, label: number) => ({ example_id: `${id}`, prompt_group: '', label });
    const sure = [0, 0, 1].map((label, id) => ({ ...row(id, label), probabilities: [0.9, 0.1] }));
    const scaling = fitScaling('temperature', sure);
    expect(scaling.factors[0]).toBeCloseTo(Math.LN2 / Math.log(9), 6);
    expect(applyScaling(scaling, sure)[0]?.probabilities[0]).toBeCloseTo(2 / 3, 6);
  });

  it('stays finite for a model without a mistake and for one that is always wrong', () => {
    const right = rows.map((row) => ({
      ...row,
      probabilities: [0, 1, 2].map((k) => (k === row.label ? 0.8 : 0.1)),
    }));
    const wrong = right.map((row) => ({ ...row, label: (row.label + 1) % 3 }));
    for (const method of ['temperature', 'vector'] as const) {
      for (const extreme of [right, wrong]) {
        const scaled = applyScaling(fitScaling(method, extreme), extreme);
        expect(Number.isFinite(lossOf(scaled))).toBe(true);
        expect(lossOf(scaled)).toBeLessThan(lossOf(extreme));
      }
    }
    expect(fitScaling('temperature', wrong).factors[0]).toBe(0.01);
  });

  it('refuses no rows', () => {
    expect(() => fitScaling('temperature', [])).toThrow(/at least one/);
  });
});

describe('vector scaling', () => {
  it('finds the factors, offsets and loss of another optimiser on scikit-learn’s log loss', () => {
    // python: g = lambda t: log_loss(y, softmax(numpy.log(p) * t[:3] + numpy.append(t[3:], 0), axis=1), labels=[0, 1, 2])
    //         scipy.optimize.minimize(g, [1, 1, 1, 0, 0], method='BFGS'), then 'Nelder-Mead'; offsets less their mean
    const { factors, offsets } = fitScaling('vector', rows);
    [0.26503063, 0.46219229, 0.29701935].forEach((value, k) => {
      expect(factors[k]).toBeCloseTo(value, 5);
    });
    [-0.04468488, 0.02770669, 0.01697819].forEach((value, k) => {
      expect(offsets[k]).toBeCloseTo(value, 5);
    });
    expect(lossOf(applyScaling(fitScaling('vector', rows), rows))).toBeCloseTo(0.9883317141640433, 10);
  });

  it('is never worse than temperature scaling on the rows that both were fitted on', () => {
    const loss = (method: 'temperature' | 'vector') => lossOf(applyScaling(fitScaling(method, rows), rows));
    expect(loss('vector')).toBeLessThan(loss('temperature'));
  });

  it('works with two classes', () => {
    const two = rows.map((row) => {
      const [a = 0, b = 0] = row.probabilities;
      return { ...row, label: row.label % 2, probabilities: [a / (a + b), b / (a + b)] };
    });
    const { factors, offsets } = fitScaling('vector', two);
    expect([factors.length, offsets.length]).toEqual([2, 2]);
    expect(lossOf(applyScaling({ method: 'vector', factors, offsets }, two))).toBeLessThan(lossOf(two));
  });
});

describe('the expected calibration error', () => {
  it('equals that of scikit-learn’s calibration curve, bin by bin', () => {
    // python: true, pred = calibration_curve(p.argmax(1) == y, p.max(1), n_bins=15, strategy='uniform')
    //         n = numpy.bincount(numpy.searchsorted(numpy.linspace(0, 1, 16)[1:-1], p.max(1))); (n[n > 0] * abs(true - pred)).sum() / 300
    const { error, bins } = calibrationError(rows);
    expect(error).toBeCloseTo(0.2682295599871164, 12);
    expect(bins.map((bin) => bin.rows)).toEqual([15, 27, 24, 33, 33, 63, 105]);
    expect(bins[0]?.accuracy).toBeCloseTo(0.4666666666666667, 14);
    expect(bins[0]?.confidence).toBeCloseTo(0.5082638006305209, 14);
    expect(bins.at(-1)?.accuracy).toBeCloseTo(0.5238095238095238, 14);
    expect(bins.at(-1)?.confidence).toBeCloseTo(0.8961928328458513, 14);
  });

  it('is 0 where confidence is accuracy, and their gap in a single bin, by hand', () => {
    const of = (confidence: number, labels: readonly number[]) =>
      calibrationError(
        labels.map((label, id) => ({
          example_id: `${id}`,
          prompt_group: '',
          label,
          probabilities: [confidence, 1 - confidence],
        })),
      ).error;
    expect(of(0.75, [0, 0, 0, 1])).toBeCloseTo(0, 15);
    expect(of(0.9, [0, 1])).toBeCloseTo(0.4, 15);
    expect(of(1, [0, 0])).toBe(0);
  });

  it('is smaller after scaling', () => {
    const after = calibrationError(applyScaling(fitScaling('temperature', rows), rows)).error;
    expect(after).toBeLessThan(calibrationError(rows).error / 2);
  });
});
