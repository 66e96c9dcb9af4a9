import { ArenaRandom } from '@nacre/data';

/** How the text of a conversation is written: they differ in bytes per character, white space and escapes. */
export type Writing = keyof typeof alphabets;

/** Draws of 16 bits choose a piece: a word with the space before it, or a mark. */
const SLOTS = 2 ** 16;
// The same pieces for every seed of rows: a tokenizer trained on one file knows the words of another.
const VOCABULARY_SEED = 57_477;

interface Alphabet {
  readonly before: string;
  readonly consonants: readonly string[];
  readonly vowels: readonly string[];
  /** Marks and what else stands between words, each in as many slots as the others. */
  readonly marks: readonly string[];
  readonly shareOfMarks: number;
}

const sentences = [
  ',',
  ',',
  '.',
  '.',
  '?',
  ':',
  '!',
  '.\n\n',
  '\n- ',
  '\n1. ',
  ' /',
  ' (',
  ')',
  ' "',
  '"',
  ' 😀',
];
const alphabets = {
  plain: {
    ...{ before: ' ', consonants: Array.from('bcdfghklmnprstvw'), vowels: Array.from('aeiou') },
    ...{ marks: sentences, shareOfMarks: 0.12 },
  },
  accented: {
    ...{ before: ' ', consonants: Array.from('bcdfglmnñprstvç'), vowels: Array.from('aeiouáéíóüäö') },
    ...{ marks: sentences, shareOfMarks: 0.12 },
  },
  cyrillic: {
    ...{ before: ' ', consonants: Array.from('бвгджзклмнпрстш'), vowels: Array.from('аеиоуыя') },
    ...{ marks: sentences, shareOfMarks: 0.12 },
  },
  // No spaces: a policy that counts words sees one word here.
  han: {
    ...{ before: '', consonants: characters(0x4e00, 1500), vowels: ['', ...characters(0x6000, 400)] },
    ...{ marks: ['，', '。', '、', '？', '：\n'], shareOfMarks: 0.1 },
  },
  code: {
    ...{ before: ' ', consonants: Array.from('bcdfgklmnprstxy'), vowels: Array.from('aeiou_') },
    ...{
      marks: ['\n    ', '\n', '(', ')', ' =', '.', ' //', '://', '\t', '"', '\\n', ';', ' {', ' }', ' 0'],
      shareOfMarks: 0.4,
    },
  },
} satisfies Record<string, Alphabet>;

const made = new Map<Writing, readonly string[]>();

/** A text of about so many tokens; a byte-level BPE of 32k that was trained on such texts counts them nearly so. */
export function drawText(random: ArenaRandom, writing: Writing, tokens: number): string {
  const pieces = piecesOf(writing);
  let text = '';
  for (let count = 0; count < tokens; count += 2) {
    const draw = random.word();
    text += pieces[draw & (SLOTS - 1)] ?? '';
    if (count + 1 < tokens) text += pieces[draw >>> 16] ?? '';
  }
  return text.trimStart();
}

/** One word, without white space around it. */
export function drawWord(random: ArenaRandom, writing: Writing): string {
  for (;;) {
    const word = (piecesOf(writing)[random.below(SLOTS)] ?? '').trim();
    if (/^\p{L}+$/u.test(word)) return word;
  }
}

function piecesOf(writing: Writing): readonly string[] {
  const known = made.get(writing);
  if (known !== undefined) return known;
  const pieces = makePieces(alphabets[writing], Object.keys(alphabets).indexOf(writing));
  made.set(writing, pieces);
  return pieces;
}

/** Words by Zipf's law, the frequent ones short, each in as many slots as it is frequent. */
function makePieces({ before, consonants, vowels, marks, shareOfMarks }: Alphabet, stream: number): string[] {
  const random = new ArenaRandom(VOCABULARY_SEED, stream, 0);
  const syllable = () =>
    (consonants[random.below(consonants.length)] ?? '') + (vowels[random.below(vowels.length)] ?? '');
  const ofMarks = Math.floor(SLOTS * shareOfMarks);
  const pieces = Array.from({ length: ofMarks }, (_, slot) => marks[slot % marks.length] ?? '');
  const words = new Set<string>();
  for (let rank = 0; pieces.length < SLOTS;) {
    const syllables = before === '' ? 1 : (rank < 40 ? 1 : 2) + (rank < 800 ? 0 : random.below(3));
    const word = Array.from({ length: syllables }, syllable).join('');
    if (words.has(word)) continue;
    words.add(word);
    rank += 1;
    const slots = Math.max(1, Math.floor(SLOTS / (9 * (rank + 2))));
    for (let slot = 0; slot < slots && pieces.length < SLOTS; slot += 1) pieces.push(before + word);
  }
  return pieces;
}

function characters(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => String.fromCodePoint(first + index));
}
