import { createHash } from 'node:crypto';

/** Rows that must stay together, with how many of them have each label. */
export interface RowGroup {
  readonly key: string;
  readonly counts: readonly number[];
}

/** The part of a group that no fold sees. */
export const BLIND = -1;

/**
 * Spreads whole groups over a blind slice and folds 0 to count - 1 so that each gets its share of every label.
 * The order of the groups given does not matter; the same groups and seed give the same answer everywhere.
 *
 * Blind first: in the order of a seeded hash, a group is taken if it brings the slice nearer to its share of each
 * label (sum of squares). Then folds, greedily: larger groups first, each into the fold where it adds least to the
 * sum of squares of the label counts, the smaller fold where two are equal.
 *
 * @returns the part (BLIND or a fold) by group key.
 */
export function spreadGroups(
  groups: readonly RowGroup[],
  {
    count,
    seed,
    blindFraction,
  }: { readonly count: number; readonly seed: number; readonly blindFraction: number },
): Map<string, number> {
  const ordered = groups
    .map((group) => ({ ...group, size: sum(group.counts), rank: rankOf(group.key, seed) }))
    .sort((left, right) => (left.rank < right.rank ? -1 : 1));
  const parts = new Map<string, number>();

  const totals = add(groups.map(({ counts }) => counts));
  let missing = totals.map((total) => total * blindFraction);
  for (const { key, counts } of ordered) {
    const after = missing.map((value, label) => value - (counts[label] ?? 0));
    if (sumOfSquares(after) < sumOfSquares(missing)) {
      missing = after;
      parts.set(key, BLIND);
    }
  }

  const folds = Array.from({ length: count }, (_, fold) => ({ fold, rows: 0, counts: totals.map(() => 0) }));
  // The sort is stable: groups of one size stay in the order of their hashes.
  for (const { key, counts, size } of ordered.sort((left, right) => right.size - left.size)) {
    if (parts.has(key)) continue;
    const cost = (fold: (typeof folds)[number]) =>
      sum(fold.counts.map((have, label) => have * (counts[label] ?? 0)));
    const best = folds.reduce((least, fold) => {
      const difference = cost(fold) - cost(least);
      return difference < 0 || (difference === 0 && fold.rows < least.rows) ? fold : least;
    });
    best.counts = best.counts.map((have, label) => have + (counts[label] ?? 0));
    best.rows += size;
    parts.set(key, best.fold);
  }
  return parts;
}

function rankOf(key: string, seed: number): string {
  return createHash('sha256').update(`${key}${seed}`).digest('hex');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function sumOfSquares(values: readonly number[]): number {
  return values.reduce((total, value) => total + value * value, 0);
}

function add(rows: readonly (readonly number[])[]): number[] {
  const totals: number[] = [];
  for (const row of rows) row.forEach((value, index) => (totals[index] = (totals[index] ?? 0) + value));
  return totals;
}
