import type { Turn } from '@nacre/data';

import type { Writing } from './arena-text.mjs';

/** What a row says. */
export interface Texts {
  readonly writing: Writing;
  readonly prompt: readonly Turn[];
  readonly answers: readonly [readonly Turn[], readonly Turn[]];
}

/** A rare trait of the competition's rows, planted in row `first` and in every so many after it. */
interface Oddity {
  readonly every: number;
  readonly first: number;
  readonly change: (texts: Texts) => Texts;
}

const lastTurn = (turns: readonly Turn[], turn: Turn): Turn[] => [...turns.slice(0, -1), turn];
const bothAnswers = (texts: Texts, change: (turns: readonly Turn[]) => readonly Turn[]): Texts => {
  const [first, second] = texts.answers;
  return { ...texts, answers: [change(first), change(second)] };
};

/** The traits known of train.csv, as often as they are there (of 57,477 rows), the first ones early in every file. */
export const oddities: readonly Oddity[] = [
  // 120 rows with a null in both answers.
  { every: 479, first: 3, change: (texts) => bothAnswers(texts, (turns) => lastTurn(turns, null)) },
  // 19 rows with [null] on both sides.
  {
    every: 3025,
    first: 5,
    change: (texts) => ({ ...texts, prompt: texts.prompt.slice(0, 1), answers: [[null], [null]] }),
  },
  // 30 rows with empty texts on both sides.
  { every: 1915, first: 7, change: (texts) => bothAnswers(texts, (turns) => turns.map(() => '')) },
  // 5 rows with an empty prompt.
  { every: 11_495, first: 11, change: (texts) => ({ ...texts, prompt: texts.prompt.map(() => '') }) },
  // 28 rows whose answers are the same, which yet may have a winner.
  {
    every: 2052,
    first: 13,
    change: (texts) => ({ ...texts, answers: [texts.answers[0], texts.answers[0]] }),
  },
  // 13 rows cut within a pair of surrogates.
  {
    ...{ every: 4421, first: 17 },
    change: (texts) => bothAnswers(texts, (turns) => lastTurn(turns, `${turns.at(-1) ?? ''} \ud83d`)),
  },
  // Answers that look like a special token, or like code.
  {
    every: 5003,
    first: 19,
    change: (texts) => ({ ...texts, answers: [['<|endoftext|>'], texts.answers[1]] }),
  },
  { every: 5009, first: 23, change: (texts) => ({ ...texts, answers: [texts.answers[0], ['True']] }) },
];
