import { quantile } from './quantile.js';
import { randomIndex } from './random-index.js';

/** One figure of one row, e.g. its log loss, and the group that it is resampled with. */
export interface GroupedValue {
  readonly example_id: string;
  readonly prompt_group: string;
  readonly value: number;
}

/** A mean over rows and the 95 % interval of it, when whole groups are drawn again with replacement. */
export interface GroupedMean {
  readonly rows: number;
  readonly groups: number;
  readonly mean: number;
  readonly interval: [number, number];
}

const RESAMPLES = 1000;
const SEED = 20_240_812;

/**
 * Mean over rows with a percentile bootstrap by prompt group: rows with one prompt are not independent, so
 * they are drawn together. Costs one addition per group and resample. The order of the rows changes no bit of
 * the result, and the same groups are always drawn.
 */
export function groupedMean(values: readonly GroupedValue[]): GroupedMean {
  const { sums, counts } = sumsByGroup(values);
  const groups = sums.length;
  const means = new Float64Array(RESAMPLES);
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    let sum = 0;
    let count = 0;
    for (let draw = 0; draw < groups; draw += 1) {
      const group = randomIndex(SEED, resample * groups + draw, groups);
      sum += sums[group] ?? 0;
      count += counts[group] ?? 0;
    }
    means[resample] = sum / count;
  }
  means.sort();
  const total = sums.reduce((sum, value) => sum + value, 0);
  return {
    rows: values.length,
    groups,
    mean: total / values.length,
    interval: [quantile(means, 0.025), quantile(means, 0.975)],
  };
}

function sumsByGroup(values: readonly GroupedValue[]): { sums: Float64Array; counts: Float64Array } {
  const ordered = [...values].sort(
    (left, right) =>
      compare(left.prompt_group, right.prompt_group) || compare(left.example_id, right.example_id),
  );
  const sums: number[] = [];
  const counts: number[] = [];
  let current: string | undefined;
  for (const { prompt_group: group, value } of ordered) {
    if (group !== current) {
      sums.push(0);
      counts.push(0);
      current = group;
    }
    const last = sums.length - 1;
    sums[last] = (sums[last] ?? 0) + value;
    counts[last] = (counts[last] ?? 0) + 1;
  }
  return { sums: Float64Array.from(sums), counts: Float64Array.from(counts) };
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
