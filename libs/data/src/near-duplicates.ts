import { bandKeys, BANDS } from './min-hash.js';
import type { Turn } from './normalise-text.js';
import { Pace } from './pace.js';
import { promptWords } from './prompt-words.js';
import { ShingleWeights } from './shingle-weights.js';
import { shingles } from './shingles.js';
import { UnionFind } from './union-find.js';

/** Shorter prompts are near-duplicates of none: "tell me a joke" and "tell me a story" have most of their words in common. */
const LEAST_WORDS = 8;
/** Weighted Jaccard similarity of the sets of three-word shingles from which two prompts are near-duplicates. */
const LEAST_SIMILARITY = 0.6;
/** Share of the rows above which a component says more about a template than about copies … */
const LARGEST_SHARE = 0.01;
/** … and the number of rows that is never too many. */
const ALWAYS_ALLOWED_ROWS = 20;
/** How many earlier prompts of a bucket one is compared with, so that a bucket costs no square. */
const COMPARED_IN_BUCKET = 32;

/** A component that fell apart into its exact prompts because it was too large. */
export interface SplitComponent {
  readonly rows: number;
  readonly prompts: number;
  /** prompt_group of one of its prompts. */
  readonly prompt_group: string;
}

/** Which prompts belong together. */
export interface NearGroups {
  /** The group of a prompt by its prompt_group: the smallest prompt_group among those that belong together. */
  readonly of: (promptGroup: string) => string;
  /** Prompts that share a group with another. */
  readonly prompts: number;
  /** Largest first. */
  readonly split: readonly SplitComponent[];
}

/**
 * Finds near-duplicate prompts: those whose sets of three-word shingles have a Jaccard similarity of at least 0.6, each
 * shingle weighing the less the more prompts have it (see ShingleWeights). Candidates come from MinHash bands and are verified exactly; what is found belongs together transitively. Prompts
 * of fewer than 8 words, and components of more than 1 % of the rows (20 rows are always allowed), belong only to
 * themselves. About 0.5 KB a prompt of 60 words.
 */
export class NearDuplicates {
  readonly #signal: AbortSignal | undefined;
  readonly #weights = new ShingleWeights();
  readonly #prompts = new Map<string, { rows: number; readonly shingles: Uint32Array }>();
  #rows = 0;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Takes in the prompt of one row. */
  add(promptGroup: string, turns: readonly Turn[]): void {
    this.#rows += 1;
    const known = this.#prompts.get(promptGroup);
    if (known !== undefined) {
      known.rows += 1;
      return;
    }
    const words = promptWords(turns);
    const set = words.length < LEAST_WORDS ? new Uint32Array() : shingles(words);
    this.#weights.count(set);
    this.#prompts.set(promptGroup, { rows: 1, shingles: set });
  }

  /** Weighted Jaccard similarity of two prompts that were taken in. */
  similarity(promptGroup: string, other: string): number {
    const [left, right] = [this.#prompts.get(promptGroup), this.#prompts.get(other)];
    return left === undefined || right === undefined
      ? 0
      : this.#weights.similarity(left.shingles, right.shingles);
  }

  /** The groups of all prompts taken in so far. @throws the signal's reason once it is aborted. */
  async groups(): Promise<NearGroups> {
    const pace = new Pace(this.#signal);
    const components = await this.#components(pace);
    const largest = Math.max(ALWAYS_ALLOWED_ROWS, LARGEST_SHARE * this.#rows);
    const groupOf = new Map<string, string>();
    const split: SplitComponent[] = [];
    for (const members of components) {
      const rows = members.reduce((sum, name) => sum + (this.#prompts.get(name)?.rows ?? 0), 0);
      const [first = ''] = members.sort();
      if (rows > largest) split.push({ rows, prompts: members.length, prompt_group: first });
      else for (const name of members) groupOf.set(name, first);
      if (pace.due) await pace.rest();
    }
    return {
      of: (promptGroup) => groupOf.get(promptGroup) ?? promptGroup,
      prompts: groupOf.size,
      split: split.sort((left, right) => right.rows - left.rows),
    };
  }

  /** Components of at least two prompts. */
  async #components(pace: Pace): Promise<string[][]> {
    const sets = Array.from(this.#prompts.values(), (prompt) => prompt.shingles);
    const union = await joined(sets, this.#weights, pace);
    const members = new Map<number, string[]>();
    let index = 0;
    for (const name of this.#prompts.keys()) {
      const root = union.rootOf(index);
      index += 1;
      const component = members.get(root);
      if (component === undefined) members.set(root, [name]);
      else component.push(name);
      if (pace.due) await pace.rest();
    }
    return [...members.values()].filter(({ length }) => length > 1);
  }
}

/** Joins every two sets that some band brings together and that are alike. */
async function joined(sets: readonly Uint32Array[], weights: ShingleWeights, pace: Pace): Promise<UnionFind> {
  const keys = new Uint32Array(sets.length * BANDS);
  for (const [index, set] of sets.entries()) {
    if (set.length > 0) keys.set(bandKeys(set), index * BANDS);
    if (pace.due) await pace.rest();
  }
  const union = new UnionFind(sets.length);
  for (let band = 0; band < BANDS; band += 1) {
    const newest = new Map<number, number>();
    const before = new Int32Array(sets.length);
    for (const [index, set] of sets.entries()) {
      if (set.length === 0) continue;
      const key = keys[index * BANDS + band] ?? 0;
      let other = newest.get(key) ?? -1;
      before[index] = other;
      newest.set(key, index);
      for (let compared = 0; other >= 0 && compared < COMPARED_IN_BUCKET; compared += 1) {
        const earlier = sets[other];
        if (earlier === undefined) break;
        if (union.rootOf(index) !== union.rootOf(other)) {
          if (weights.similarity(set, earlier) >= LEAST_SIMILARITY) union.join(index, other);
        }
        other = before[other] ?? -1;
      }
      if (pace.due) await pace.rest();
    }
  }
  return union;
}
