/**
 * A uniform index below `count` that depends on nothing but its arguments: draw number `counter` of the
 * stream `seed`. The bias is below count / 2^32.
 */
export function randomIndex(seed: number, counter: number, count: number): number {
  return Math.floor((mix(mix(seed) ^ counter) / 0x1_0000_0000) * count);
}

/** Wellons' lowbias32: a bijection of 32-bit integers in which every input bit moves every output bit. */
function mix(value: number): number {
  let bits = value >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}
