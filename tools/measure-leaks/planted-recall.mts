import { ArenaRandom, NearDuplicates, promptGroup } from '@nacre/data';

import { arenaLength, drawnPrompt } from './drawn-prompt.mjs';
import { editedPrompt, families, type Family } from './edited-prompt.mjs';

/** Shortest and longest prompt of a row of the table, in words. */
export const lengths = [
  [8, 15],
  [16, 31],
  [32, 63],
  [64, 255],
] as const;

export interface PlantedRecall {
  /** By family, the share of the edited copies that were found, for each of `lengths`. */
  readonly recall: Readonly<Record<Family, readonly number[]>>;
  /** Share of the found pairs (any two prompts of one group) that were planted. */
  readonly precision: number;
  readonly found: number;
  readonly planted: number;
  readonly prompts: number;
}

/**
 * Plants edited copies, each of a prompt of its own so that none is found by way of another, among prompts of the
 * competition's lengths that are copies of nothing, and looks which are found.
 */
export async function plantedRecall({
  copies,
  others,
  seed,
}: {
  /** Copies for each family and length. */
  readonly copies: number;
  /** Prompts that are copies of nothing. */
  readonly others: number;
  readonly seed: number;
}): Promise<PlantedRecall> {
  const near = new NearDuplicates();
  const groups: string[] = [];
  const add = (words: readonly string[]): string => {
    const turns = [words.join(' ')];
    const group = promptGroup(turns);
    near.add(group, turns);
    groups.push(group);
    return group;
  };
  const pairs: {
    readonly family: Family;
    readonly length: number;
    readonly both: readonly [string, string];
  }[] = [];
  for (const [length, [shortest, longest]] of lengths.entries()) {
    for (const family of families) {
      for (let copy = 0; copy < copies; copy += 1) {
        const random = new ArenaRandom(seed, 1, pairs.length);
        const words = drawnPrompt([seed, 2, pairs.length], shortest + random.below(longest - shortest + 1));
        pairs.push({ family, length, both: [add(words), add(editedPrompt(words, family, random))] });
      }
    }
  }
  for (let other = 0; other < others; other += 1) add(drawnPrompt([seed, 3, other], arenaLength));

  const { of } = await near.groups();
  const sizes = new Map<string, number>();
  for (const group of new Set(groups)) sizes.set(of(group), (sizes.get(of(group)) ?? 0) + 1);
  const found = [...sizes.values()].reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);
  const isFound = ({ both: [left, right] }: (typeof pairs)[number]) => of(left) === of(right);
  // Copies that differ in nothing that counts (case) are one prompt: found, and no pair of prompts.
  const planted = pairs.filter((pair) => isFound(pair) && pair.both[0] !== pair.both[1]).length;
  const recallOf = (family: Family) =>
    lengths.map((_, length) => {
      const all = pairs.filter((pair) => pair.family === family && pair.length === length);
      return all.filter(isFound).length / all.length;
    });
  const recall = {} as Record<Family, readonly number[]>;
  for (const family of families) recall[family] = recallOf(family);
  return {
    recall,
    precision: found === 0 ? 1 : planted / found,
    found,
    planted: pairs.length,
    prompts: new Set(groups).size,
  };
}
