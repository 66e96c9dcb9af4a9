import { describe, expect, it } from 'vitest';

import { groupedMean } from './grouped-mean.js';
import { logLoss } from './log-loss.js';
import { randomIndex } from './random-index.js';
import type { ScoredRow } from './rows.js';
import { score } from './score.js';
import { softmax } from './softmax.js';

const logits = [
  [2, -1, 0.5],
  [0.25, 0.75, -0.5],
  [-3, 1.5, 1.25],
  [10, -20, 0],
];

function scored(labels: readonly number[], group = (index: number) => `group ${index}`): ScoredRow[] {
  return labels.map((label, index) => ({
    example_id: `train:${index}`,
    prompt_group: group(index),
    label,
    probabilities: softmax(logits[index % logits.length] ?? []),
  }));
}

/** Group g has 1 + g % 3 rows; row r of it has the value sin(g) + r / 10. */
function grouped(groups: number) {
  return Array.from({ length: groups }, (_, group) =>
    Array.from({ length: 1 + (group % 3) }, (_, row) => ({
      example_id: `train:${group}-${row}`,
      prompt_group: `group ${group}`,
      value: Math.sin(group) + row / 10,
    })),
  ).flat();
}

describe('softmax', () => {
  it('equals scipy in float64', () => {
    // python: scipy.special.softmax([[2, -1, .5], [10, -20, 0]], axis=1)
    expect(softmax([2, -1, 0.5])[1]).toBeCloseTo(0.039112573270687456, 15);
    expect(softmax([10, -20, 0])[1]).toBeCloseTo(9.357198152700393e-14, 25);
  });

  it('does not overflow and does not care about a constant', () => {
    expect(softmax([1000, 1000])).toEqual([0.5, 0.5]);
    expect(softmax([-1000, -1000, -1e6])).toEqual([0.5, 0.5, 0]);
  });

  it('refuses a logit that is not finite', () => {
    expect(() => softmax([1, Number.NaN])).toThrow(/finite/);
    expect(() => softmax([])).toThrow(/finite/);
  });
});

describe('log loss', () => {
  it('is the negative logarithm, by hand', () => {
    expect(logLoss([0.25, 0.75], 0)).toBeCloseTo(1.3862943611198906, 15);
    expect(logLoss([1, 0, 0], 0)).toBe(0);
  });

  it('counts an impossible vote as 2^-52, as scikit-learn does', () => {
    // python: sklearn.metrics.log_loss([0, 1], [[0., 1.], [.5, .5]], labels=[0, 1])
    expect((logLoss([0, 1], 0) + logLoss([0.5, 0.5], 1)) / 2).toBeCloseTo(18.36840028483855, 12);
  });

  it('refuses a class without a probability', () => {
    expect(() => logLoss([0.5, 0.5], 2)).toThrow(/class 2/);
    expect(() => logLoss([Number.NaN, 0.5], 0)).toThrow(/no probability/);
  });
});

describe('score', () => {
  it('equals scikit-learn on softmax of the same logits', () => {
    // python: sklearn.metrics.log_loss(labels, scipy.special.softmax(logits, axis=1), labels=[0, 1, 2])
    expect(score(scored([0, 1, 2, 0])).log_loss).toBeCloseTo(0.4279258785246645, 14);
    expect(score(scored([1, 1, 2, 2])).log_loss).toBeCloseTo(3.6779258785246647, 12);
  });

  it('counts rows, prompt groups and right answers', () => {
    expect(score(scored([0, 1, 2, 0], (index) => `group ${index % 2}`))).toMatchObject({
      rows: 4,
      groups: 2,
      accuracy: 0.75,
    });
  });

  it('does not depend on the order of the rows, to the last bit', () => {
    const rows = scored(
      Array.from({ length: 60 }, (_, index) => index % 3),
      (index) => `group ${index % 17}`,
    );
    const shuffled = [...rows].sort(
      (left, right) =>
        Math.sin(Number(left.example_id.slice(6))) - Math.sin(Number(right.example_id.slice(6))),
    );
    expect(shuffled).not.toEqual(rows);
    expect(score(shuffled)).toEqual(score(rows));
  });

  it('refuses no rows and a row that is there twice', () => {
    expect(() => score([])).toThrow(/at least one/);
    expect(() => score([...scored([0]), ...scored([0])])).toThrow('train:0 is twice in the scored rows');
  });
});

describe('the interval by prompt group', () => {
  it('equals a percentile bootstrap by numpy with 200,000 resamples', () => {
    // python: s, c = sums and counts of the 300 groups of grouped(300); i = numpy.random.default_rng(0).integers(0, 300, (200000, 300))
    //         numpy.quantile(s[i].sum(1) / c[i].sum(1), [.025, .975])
    const { mean, interval } = groupedMean(grouped(300));
    expect(mean).toBeCloseTo(0.07090654934542787, 14);
    // A 2.5 % point of 1,000 resamples has itself a standard deviation of 0.004 here.
    expect(Math.abs(interval[0] - -0.01668663)).toBeLessThan(0.01);
    expect(Math.abs(interval[1] - 0.15805287)).toBeLessThan(0.01);
  });

  it('is every outcome for two groups, which are drawn together half of the time', () => {
    const rows = [0, 1].map((value) => ({ example_id: `train:${value}`, prompt_group: `${value}`, value }));
    expect(groupedMean(rows)).toEqual({ rows: 2, groups: 2, mean: 0.5, interval: [0, 1] });
  });

  it('holds the estimate, whatever the rows are', () => {
    for (let groups = 1; groups <= 40; groups += 1) {
      const { mean, interval } = groupedMean(grouped(groups));
      expect(interval[0]).toBeLessThanOrEqual(mean);
      expect(interval[1]).toBeGreaterThanOrEqual(mean);
    }
  });

  it('is wider by sqrt(2) when every row has a twin in its group', () => {
    const single = grouped(200).map((row) => ({ ...row, prompt_group: row.example_id }));
    const twins = single.flatMap((row) => [row, { ...row, example_id: `${row.example_id}-twin` }]);
    const apart = twins.map((row) => ({ ...row, prompt_group: row.example_id }));
    const width = (rows: typeof single) => groupedMean(rows).interval[1] - groupedMean(rows).interval[0];
    expect(width(twins) / width(apart)).toBeGreaterThan(1.25);
    expect(width(twins) / width(apart)).toBeLessThan(1.6);
  });

  it('takes seconds at most for the competition: 50,000 groups and 1,000 resamples', () => {
    const started = performance.now();
    groupedMean(grouped(50_000));
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('random index', () => {
  it('is uniform and depends on seed and counter alone', () => {
    const draws = (seed: number) =>
      Array.from({ length: 10_000 }, (_, counter) => randomIndex(seed, counter, 10));
    expect(draws(1)).toEqual(draws(1));
    expect(draws(1)).not.toEqual(draws(2));
    for (let index = 0; index < 10; index += 1) {
      // 1,000 expected with a standard deviation of 30.
      expect(Math.abs(draws(1).filter((draw) => draw === index).length - 1000)).toBeLessThan(150);
    }
  });
});
