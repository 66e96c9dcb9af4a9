import { normaliseText, type Turn } from './normalise-text.js';

const word = /[\p{L}\p{M}\p{N}]+/gu;
/** Scripts that put no space between words: there every character counts as one. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/**
 * The words of a prompt, by which near-duplicates are found: runs of letters, marks and digits of the normalised
 * turns (see normaliseText), one after the other. Case, punctuation and turn boundaries do not count.
 */
export function promptWords(turns: readonly Turn[]): string[] {
  return turns.flatMap((turn) => {
    const words = turn === null ? [] : (normaliseText(turn).match(word) ?? []);
    if (turn === null || !unspaced.test(turn)) return words;
    return words.flatMap((each) => (unspaced.test(each) ? Array.from(each) : each));
  });
}
