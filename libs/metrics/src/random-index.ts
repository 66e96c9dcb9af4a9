import { mixedBits } from './mixed-bits.js';

/**
 * A uniform index below `count` that depends on nothing but its arguments: draw number `counter` of the
 * stream `seed`. The bias is below count / 2^32.
 */
export function randomIndex(seed: number, counter: number, count: number): number {
  return Math.floor((mixedBits(mixedBits(seed) ^ counter) / 0x1_0000_0000) * count);
}
