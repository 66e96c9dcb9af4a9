import { canonicalDigest } from '@nacre/contracts/artifact';

/** A number in [0, 1) from a name: the sample is the same on every machine. */
export function draw(name: string): number {
  return parseInt(canonicalDigest(name).slice(0, 12), 16) / 16 ** 12;
}
