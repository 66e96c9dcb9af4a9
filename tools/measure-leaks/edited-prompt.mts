import type { ArenaRandom } from '@nacre/data';

import { synonymOf } from './drawn-prompt.mjs';

/** The ways in which a copy differs from its prompt. */
export const families = ['case', 'punctuation', 'prefix', 'word_drop', 'reorder', 'synonym'] as const;
export type Family = (typeof families)[number];

const prefixes = [
  'please',
  'hi there',
  'dear assistant please',
  'can you help me',
  'answer in one short paragraph',
];
const marks = [',', '.', ';', ' -', '!', '?'];

/**
 * A copy of a prompt, edited in one way: every word's case drawn anew; a mark after every fifth word; one to five
 * words before it; 3 % of the words (at least one) left out, or changed places with their neighbours; 5 % (at least
 * one) put into other words. Never in the same words in the same order, but for case and punctuation.
 */
export function editedPrompt(words: readonly string[], family: Family, random: ArenaRandom): string[] {
  const share = (part: number) =>
    chosen(words.length - 1, Math.max(1, Math.round(part * words.length)), random);
  switch (family) {
    case 'case':
      return words.map((word) => (random.below(2) === 0 ? word.toUpperCase() : capital(word)));
    case 'punctuation':
      return words.map((word, index) =>
        index % 5 === 4 ? word + (marks[random.below(marks.length)] ?? '') : word,
      );
    case 'prefix':
      return [...(prefixes[random.below(prefixes.length)]?.split(' ') ?? []), ...words];
    case 'word_drop': {
      const dropped = share(0.03);
      return words.filter((_, index) => !dropped.has(index));
    }
    case 'reorder': {
      const swapped = [...words];
      for (const index of share(0.03)) {
        [swapped[index], swapped[index + 1]] = [swapped[index + 1] ?? '', swapped[index] ?? ''];
      }
      return swapped;
    }
    case 'synonym': {
      const replaced = share(0.05);
      return words.map((word, index) => (replaced.has(index) ? synonymOf(word) : word));
    }
  }
}

function chosen(below: number, count: number, random: ArenaRandom): Set<number> {
  const found = new Set<number>();
  while (found.size < Math.min(count, below)) found.add(random.below(below));
  return found;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
