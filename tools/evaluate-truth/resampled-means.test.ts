import { describe, expect, it } from 'vitest';

import { ResampledMeans } from './resampled-means.mjs';

const column = (...values: number[]) => Float64Array.from(values);

describe('figures of means', () => {
  it('take the rows themselves for the value', () => {
    const means = new ResampledMeans(new Map([['a', column(1, 2, 6)]]), { resamples: 10, seed: 1 });
    expect(means.estimate((mean) => 2 * mean('a')).value).toBe(6);
  });

  it('are paired: a constant difference has no width although both columns vary', () => {
    const columns = new Map([
      ['a', column(0, 5, 10, 20)],
      ['b', column(1, 6, 11, 21)],
    ]);
    const means = new ResampledMeans(columns, { resamples: 200, seed: 3 });
    const [from, to] = means.estimate((mean) => mean('a')).interval;
    expect(to - from).toBeGreaterThan(5);
    const { value, interval } = means.estimate((mean) => mean('a') - mean('b'));
    expect(value).toBeCloseTo(-1, 12);
    expect(interval[0]).toBeCloseTo(-1, 12);
    expect(interval[1]).toBeCloseTo(-1, 12);
  });

  it('have the width that theory gives a mean of many independent rows', () => {
    // Values 0 and 1 in equal parts: standard error 0.5 / sqrt(n), so the interval is 2 x 1.96 of it wide.
    const rows = 2000;
    const values = Float64Array.from({ length: rows }, (_, row) => row % 2);
    const means = new ResampledMeans(new Map([['a', values]]), { resamples: 2000, seed: 7 });
    const [from, to] = means.estimate((mean) => mean('a')).interval;
    const width = (2 * 1.96 * 0.5) / Math.sqrt(rows);
    expect(Math.abs(to - from - width)).toBeLessThan(0.1 * width);
    expect(from).toBeLessThan(0.5);
    expect(to).toBeGreaterThan(0.5);
  });

  it('are the same for the same seed and others for another', () => {
    const interval = (seed: number) =>
      new ResampledMeans(new Map([['a', column(3, 1, 4, 1, 5, 9, 2, 6)]]), { resamples: 50, seed }).estimate(
        (mean) => mean('a'),
      ).interval;
    expect(interval(1)).toEqual(interval(1));
    expect(interval(1)).not.toEqual(interval(2));
  });

  it('refuse columns of different lengths, none at all, and an unknown name', () => {
    const draws = { resamples: 1, seed: 0 };
    expect(
      () =>
        new ResampledMeans(
          new Map([
            ['a', column(1)],
            ['b', column(1, 2)],
          ]),
          draws,
        ),
    ).toThrow(RangeError);
    expect(() => new ResampledMeans(new Map(), draws)).toThrow(RangeError);
    expect(() =>
      new ResampledMeans(new Map([['a', column(1)]]), draws).estimate((mean) => mean('b')),
    ).toThrow('no column b');
  });
});
