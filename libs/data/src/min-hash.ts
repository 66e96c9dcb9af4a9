import { mix } from './arena/random.js';

/** Bands of a signature: two texts are compared when they agree in one of them. */
export const BANDS = 32;
/** Hashes in a band. With 32 bands of 4, a pair of similarity 0.6 is compared with probability 0.988, one of 0.3 with 0.23. */
const ROWS = 4;

const permutations = Array.from({ length: BANDS * ROWS }, (_, index) => index + 1);
const offsets = Uint32Array.from(permutations, mix);
const factors = Uint32Array.from(permutations, (index) => mix(~index) | 1);
const least = new Uint32Array(BANDS * ROWS);

/**
 * MinHash (Broder) cut into bands: one number per band, equal for two sets with a probability of their Jaccard
 * similarity to the fourth power. Permutations are (x xor offset) times an odd factor, modulo 2^32.
 */
export function bandKeys(shingles: Uint32Array): Uint32Array {
  least.fill(0xffffffff);
  for (const shingle of shingles) {
    for (let index = 0; index < least.length; index += 1) {
      const hash = Math.imul(shingle ^ (offsets[index] ?? 0), factors[index] ?? 0) >>> 0;
      if (hash < (least[index] ?? 0)) least[index] = hash;
    }
  }
  return Uint32Array.from({ length: BANDS }, (_, band) =>
    least.subarray(band * ROWS, (band + 1) * ROWS).reduce((key, hash) => mix(key ^ hash), band),
  );
}
