const CELLS = 2 ** 24;
const MOST = 2 ** 16 - 1;
/** Among fewer prompts than this no run of words is known to be a phrase: weights differ little. */
const LEAST_PROMPTS = 10_000;

/**
 * What a shingle says about whose copy a prompt is: ln(1 + prompts / prompts that have it), squared as in a cosine of
 * TF-IDF vectors. Runs of words that many prompts share ("write an email to my manager about") say little, or short
 * prompts that open alike would be near-duplicates. Counts are kept in 2^24 cells (32 MB): shingles that share a cell weigh a little less.
 */
export class ShingleWeights {
  readonly #counts = new Uint16Array(CELLS);
  #prompts = 0;
  #weights: Float64Array | undefined;

  /** Takes in the shingles of a prompt. */
  count(set: Uint32Array): void {
    for (const shingle of set) {
      const cell = shingle % CELLS;
      this.#counts[cell] = Math.min(MOST, (this.#counts[cell] ?? 0) + 1);
    }
    this.#prompts += 1;
    this.#weights = undefined;
  }

  /** Weighted Jaccard similarity of two ascending sets: weight of the intersection over that of the union. */
  similarity(left: Uint32Array, right: Uint32Array): number {
    this.#weights ??= weightsAmong(this.#prompts);
    let shared = 0;
    let all = 0;
    let other = 0;
    for (const shingle of left) {
      for (; other < right.length && (right[other] ?? 0) < shingle; other += 1)
        all += this.#of(right[other] ?? 0);
      const weight = this.#of(shingle);
      all += weight;
      if (right[other] !== shingle) continue;
      shared += weight;
      other += 1;
    }
    for (; other < right.length; other += 1) all += this.#of(right[other] ?? 0);
    return all === 0 ? 0 : shared / all;
  }

  #of(shingle: number): number {
    return this.#weights?.[this.#counts[shingle % CELLS] ?? 0] ?? 0;
  }
}

/** Weights by the number of prompts that have a shingle. */
function weightsAmong(prompts: number): Float64Array {
  const among = Math.max(LEAST_PROMPTS, prompts);
  return Float64Array.from({ length: MOST + 1 }, (_, count) =>
    count === 0 ? 0 : Math.log(1 + among / count) ** 2,
  );
}
