import { ArenaRandom } from '@nacre/data';

/** How long prompts are, in words: lognormal, by its median and the standard deviation of the logarithm. */
export interface PromptLength {
  readonly median: number;
  readonly spread: number;
}

/** Prompts of the competition: of 21 tokens in the median, 83 in the mean, 1,134 at the 99th percentile. */
export const arenaLength: PromptLength = { median: 16, spread: 1.67 };
/** Prompts of the post-pretraining set are longer, with shorter tails. */
export const postPretrainLength: PromptLength = { median: 90, spread: 1 };

const MOST_WORDS = 8000;
const openings = [
  'write a short story about',
  'explain how to',
  'what is the difference between',
  'can you give me a list of',
  'write a python function that',
  'summarise the following text for me',
  'i want you to act as',
  'how do i fix this error in',
  'translate this into',
  'write an email to my manager about',
  'give me ten ideas for',
  'compare and contrast',
];
const syllables = [
  'ba',
  'ce',
  'di',
  'fo',
  'gu',
  'ha',
  'ke',
  'li',
  'mo',
  'nu',
  'pa',
  're',
  'si',
  'to',
  'vu',
  'ze',
];
const VOCABULARY = 8192;

/** A prompt as a function of (seed, stream, index): an opening that many share, in half of them, then drawn words. */
export function drawnPrompt(
  [seed, stream, index]: readonly [number, number, number],
  length: PromptLength | number,
): string[] {
  const random = new ArenaRandom(seed, stream, index);
  const words =
    typeof length === 'number'
      ? length
      : Math.min(
          MOST_WORDS,
          Math.max(1, Math.round(length.median * Math.exp(length.spread * random.normal()))),
        );
  const opening = random.below(2) === 0 ? (openings[random.below(openings.length)]?.split(' ') ?? []) : [];
  // A rank drawn so is as frequent as one over itself, like words are.
  const drawn = Array.from({ length: words }, () =>
    vocabularyWord(Math.floor(VOCABULARY ** random.unit()) - 1),
  );
  return [...opening, ...drawn].slice(0, words);
}

/** The word that stands for another in the edit "synonym": its neighbour in frequency. */
export function synonymOf(word: string): string {
  return `${word}n`;
}

/** Four syllables name each of the 8,192 words; the frequent ones are shorter. */
function vocabularyWord(rank: number): string {
  let word = '';
  for (let rest = rank; word === '' || rest > 0; rest = Math.floor(rest / syllables.length)) {
    word += syllables[rest % syllables.length] ?? '';
  }
  return word;
}
