import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { arenaWords, GRADES, TOPICS, WORDS_PER_GRADE } from './vocabulary.js';

it('has as many different words as topics, grades and numbers ask for', () => {
  expect(new Set(arenaWords).size).toBe(TOPICS * GRADES.length * WORDS_PER_GRADE);
});

it('agrees with the word list that the tokenizer of the tiny bases is trained on', () => {
  const committed = readFileSync(
    new URL('../../../model/src/nacre_model/words.txt', import.meta.url),
    'utf8',
  );
  expect(committed).toBe(arenaWords.map((word) => `${word}\n`).join(''));
});
