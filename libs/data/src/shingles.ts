import { mix } from './arena/random.js';

/** Words in a row that make one shingle. */
const SHINGLE_WORDS = 3;

/**
 * The set of all runs of three words, each as a 32-bit hash, ascending. Two texts of 60 words have a pair of unlike
 * shingles with one hash once in a million times, so the hashes stand for the shingles.
 */
export function shingles(words: readonly string[]): Uint32Array {
  const hashes = Uint32Array.from(words, hashOf);
  const found = new Uint32Array(Math.max(0, words.length - SHINGLE_WORDS + 1));
  for (let start = 0; start < found.length; start += 1) {
    let hash = 0;
    for (let next = start; next < start + SHINGLE_WORDS; next += 1) hash = mix(hash ^ (hashes[next] ?? 0));
    found[start] = hash;
  }
  found.sort();
  return found.filter((hash, index) => index === 0 || hash !== found[index - 1]);
}

/** FNV-1a over UTF-16 code units, mixed. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < word.length; index += 1) {
    hash = Math.imul(hash ^ word.charCodeAt(index), 0x01000193);
  }
  return mix(hash);
}
