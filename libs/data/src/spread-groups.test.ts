import { describe, expect, it } from 'vitest';

import { BLIND, spreadGroups, type RowGroup } from './spread-groups.js';

/** Groups of 1 to 6 rows, their labels by a fixed pattern. */
const groups: RowGroup[] = Array.from({ length: 300 }, (_, index) => {
  const counts = [0, 0, 0];
  for (let row = 0; row <= (index * 7) % 6; row += 1) {
    const label = (index * index + row * 5) % 3;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return { key: `group-${index}`, counts };
});
const split = { count: 5, seed: 2025, blindFraction: 0.1 };

function labelCounts(parts: ReadonlyMap<string, number>, part: number): number[] {
  return [0, 1, 2].map((label) =>
    groups
      .filter(({ key }) => parts.get(key) === part)
      .reduce((sum, { counts }) => sum + (counts[label] ?? 0), 0),
  );
}

describe('spreadGroups', () => {
  it('gives every fold the same count of each label but for one or two rows', async () => {
    const parts = await spreadGroups(groups, split);
    expect(parts.size).toBe(groups.length);
    const folds = [0, 1, 2, 3, 4].map((fold) => labelCounts(parts, fold));
    for (const label of [0, 1, 2]) {
      const counts = folds.map((fold) => fold[label] ?? 0);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
    }
  });

  it('takes the blind share of every label', async () => {
    const blind = labelCounts(await spreadGroups(groups, split), BLIND);
    for (const label of [0, 1, 2]) {
      const total = groups.reduce((sum, { counts }) => sum + (counts[label] ?? 0), 0);
      expect(Math.abs((blind[label] ?? 0) - 0.1 * total)).toBeLessThanOrEqual(2);
    }
  });

  it('takes no blind rows for a share of 0', async () => {
    expect([...(await spreadGroups(groups, { ...split, blindFraction: 0 })).values()]).not.toContain(BLIND);
  });

  it('does not depend on the order of the groups, only on the seed', async () => {
    const parts = await spreadGroups(groups, split);
    const reversed = await spreadGroups(groups.toReversed(), split);
    expect(groups.every(({ key }) => parts.get(key) === reversed.get(key))).toBe(true);
    const other = await spreadGroups(groups, { ...split, seed: 2026 });
    expect(groups.some(({ key }) => parts.get(key) !== other.get(key))).toBe(true);
  });
});
