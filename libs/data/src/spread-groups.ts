import { createHash } from 'node:crypto';

import { Pace } from './pace.js';

/** Rows that must stay together, with how many of them have each label. */
export interface RowGroup {
  readonly key: string;
  readonly counts: readonly number[];
}

/** The part of a group that no fold sees. */
export const BLIND = -1;

/**
 * Spreads whole groups over a blind slice and folds 0 to count - 1 so that each gets its share of every label: the
 * blind fraction, and equal parts of the rest. Greedy: larger groups first, equal ones in the order of a seeded hash,
 * each into the part where it adds least to the sum of count^2 / share over parts and labels. The order of the
 * groups given does not matter; the same groups and seed give the same answer everywhere.
 *
 * @returns the part (BLIND or a fold) by group key.
 * @throws the signal's reason once it is aborted.
 */
export async function spreadGroups(
  groups: readonly RowGroup[],
  {
    count,
    seed,
    blindFraction,
    signal,
  }: {
    readonly count: number;
    readonly seed: number;
    readonly blindFraction: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Map<string, number>> {
  const pace = new Pace(signal);
  const ordered: (RowGroup & { readonly size: number; readonly rank: string })[] = [];
  for (const group of groups) {
    ordered.push({ ...group, size: sum(group.counts), rank: rankOf(group.key, seed) });
    if (pace.due) await pace.rest();
  }
  ordered.sort((left, right) => right.size - left.size || (left.rank < right.rank ? -1 : 1));
  const folds = Array.from({ length: count }, (_, fold) => new Part(fold, (1 - blindFraction) / count));
  const parts = blindFraction > 0 ? [...folds, new Part(BLIND, blindFraction)] : folds;
  const partOf = new Map<string, number>();
  for (const { key, counts } of ordered) {
    const best = parts.reduce((least, part) => (part.cost(counts) < least.cost(counts) ? part : least));
    best.take(counts);
    partOf.set(key, best.name);
    if (pace.due) await pace.rest();
  }
  return partOf;
}

class Part {
  readonly name: number;
  readonly #share: number;
  readonly #counts: number[] = [];

  constructor(name: number, share: number) {
    this.name = name;
    this.#share = share;
  }

  /** What a group would add to the sum of count^2 / share. */
  cost(counts: readonly number[]): number {
    return sum(counts.map((added, label) => added * (2 * (this.#counts[label] ?? 0) + added))) / this.#share;
  }

  take(counts: readonly number[]): void {
    for (const [label, added] of counts.entries()) this.#counts[label] = (this.#counts[label] ?? 0) + added;
  }
}

function rankOf(key: string, seed: number): string {
  return createHash('sha256').update(`${key}${seed}`).digest('hex');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
