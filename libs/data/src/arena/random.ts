/**
 * Random numbers as a function of (seed, stream, index): row 7 is the same row whatever was drawn before it, on
 * every machine. xoshiro128** (Blackman and Vigna), its state mixed from the three; 32-bit
 * integer arithmetic only.
 */
export class ArenaRandom {
  readonly #state: Uint32Array;

  constructor(seed: number, stream: number, index: number) {
    const parts = [seed >>> 0, Math.floor(seed / 2 ** 32), stream, index];
    // One chain per word: two rows would have to agree in four of them to be the same.
    this.#state = Uint32Array.from({ length: 4 }, (_, word) =>
      parts.reduce((mixed, part) => mix((mixed ^ part) + GOLDEN), mix(word + 1)),
    );
  }

  /** A whole number from 0 to 2^32 - 1. */
  word(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const nextC = c ^ a;
    const nextD = d ^ b;
    this.#state[0] = a ^ nextD;
    this.#state[1] = b ^ nextC;
    this.#state[2] = nextC ^ (b << 9);
    this.#state[3] = rotate(nextD, 11);
    return result;
  }

  /** A multiple of 2^-32 in [0, 1). */
  unit(): number {
    return this.word() / 2 ** 32;
  }

  /** A whole number from 0 to limit - 1. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  /** Nearly normal, mean 0, variance 1: twelve units less six, which is exact in doubles. */
  normal(): number {
    let sum = -6;
    for (let count = 0; count < 12; count += 1) sum += this.unit();
    return sum;
  }
}

const GOLDEN = 0x9e3779b9;

/** A bijection of 32-bit words that spreads neighbours apart (the finaliser of MurmurHash3). */
export function mix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
