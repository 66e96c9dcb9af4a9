import { ArenaRandom } from './random.js';

/** Topics of the synthetic arena. */
export const TOPICS = 3;
/** What a word is worth when it is on topic. */
export const GRADES = [-2, -1, 0, 1, 2] as const;
export type Grade = (typeof GRADES)[number];
/** Words with the same topic and grade. */
export const WORDS_PER_GRADE = 8;

// The vocabulary is the same for every seed of rows: bases, train, extra and test speak one language.
const VOCABULARY_SEED = 20250;
const CONSONANTS = 'bdfgjklmnprstvz';
const VOWELS = 'aeiou';

/** The words of the synthetic arena, pronounceable and without meaning: topic by topic, grade by grade. */
export const arenaWords: readonly string[] = makeWords(TOPICS * GRADES.length * WORDS_PER_GRADE);

/** The word with this topic (0 to TOPICS - 1), grade and number (0 to WORDS_PER_GRADE - 1). */
export function arenaWord(topic: number, grade: Grade, number: number): string {
  const word = arenaWords[(topic * GRADES.length + GRADES.indexOf(grade)) * WORDS_PER_GRADE + number];
  if (word === undefined) throw new RangeError(`no word ${String(number)} in topic ${String(topic)}`);
  return word;
}

function makeWords(count: number): string[] {
  const random = new ArenaRandom(VOCABULARY_SEED, 0, 0);
  const words = new Set<string>();
  while (words.size < count) {
    const syllables = Array.from(
      { length: 2 + random.below(2) },
      () => letter(random, CONSONANTS) + letter(random, VOWELS),
    );
    words.add(syllables.join('') + (random.below(2) === 0 ? letter(random, CONSONANTS) : ''));
  }
  return [...words];
}

function letter(random: ArenaRandom, letters: string): string {
  return letters.charAt(random.below(letters.length));
}
