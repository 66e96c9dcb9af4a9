import { ArenaRandom, type Turn } from '@nacre/data';

import { drawText, drawWord, type Writing } from './arena-text.mjs';
import { cellEncodings, type CellEncoding } from './cell-encoding.mjs';
import { oddities, type Texts } from './oddities.mjs';
import { drawTokens } from './token-lengths.mjs';

/** Sources of the competition, each with rows of its own. */
export const sourceStreams = { train: 11, extra: 12, post_pretrain: 13, test: 14 } as const;
export type SourceName = keyof typeof sourceStreams;

/** How a row came by its texts. */
export type Origin = 'fresh' | 'shared_prompt' | 'duplicate' | 'near_duplicate';

/** One row of a source of the competition's shape. */
export interface ArenaRow extends Texts {
  readonly origin: Origin;
  readonly models: readonly [string, string];
  readonly vote: 'model_a' | 'model_b' | 'tie';
  readonly encoding: CellEncoding;
}

const MODELS = 64;
const SHARE_OF_TURNS = 0.13;
const MOST_TURNS = 8;
/** Of rows after the first: the shares among 57,477 of 1,215 copies, 553 near-copies and 9,751 further answers to a prompt. */
const shares = { duplicate: 0.0211, near_duplicate: 0.0096, shared_prompt: 0.17 };
/** Rows of other sources that answer a prompt of train: what a leak gate counts. */
const SHARE_FROM_TRAIN = 0.005;
const votes = { model_a: 0.3491, model_b: 0.3419 };
const WORDS_CHANGED = 0.03;

/** Row `row` of a source: a function of seed, source and row alone, whatever else is drawn. */
export function drawArenaRow(seed: number, source: SourceName, row: number): ArenaRow {
  // Chances of their own, so that the texts of a row are the same where a copy of it draws them again.
  const random = new ArenaRandom(seed, sourceStreams[source] + 16, row);
  const vote = random.unit();
  const first = random.below(MODELS);
  const second = (first + 1 + random.below(MODELS - 1)) % MODELS;
  const style = random.unit();
  return {
    ...drawTexts(seed, source, row),
    models: [`model-${String(first)}`, `model-${String(second)}`],
    vote: vote < votes.model_a ? 'model_a' : vote < votes.model_a + votes.model_b ? 'model_b' : 'tie',
    encoding: cellEncodings[style < 0.6 ? 0 : style < 0.9 ? 1 : 2],
  };
}

function drawTexts(seed: number, source: SourceName, row: number): Texts & { readonly origin: Origin } {
  const random = new ArenaRandom(seed, sourceStreams[source], row);
  const odd = oddities.find(({ every, first }) => row % every === first);
  const chance = random.unit();
  const earlier = random.below(Math.max(1, row));
  const fromTrain = source !== 'train' && random.unit() < SHARE_FROM_TRAIN;
  const own = () => drawFresh(random);
  if (odd !== undefined) return { origin: 'fresh', ...odd.change(own()) };
  if (fromTrain) return { origin: 'shared_prompt', ...answered(drawTexts(seed, 'train', row % 1000), own()) };
  if (row === 0 || chance >= shares.duplicate + shares.near_duplicate + shares.shared_prompt) {
    return { origin: 'fresh', ...own() };
  }
  const model = drawTexts(seed, source, earlier);
  if (chance < shares.duplicate) return { origin: 'duplicate', ...copied(model, random) };
  if (chance < shares.duplicate + shares.near_duplicate) {
    return { origin: 'near_duplicate', ...everyTurn(model, (turn) => reworded(turn, random, model.writing)) };
  }
  return { origin: 'shared_prompt', ...answered(model, own()) };
}

function drawFresh(random: ArenaRandom): Texts {
  const writing = drawWriting(random);
  let turns = 1;
  if (random.unit() < SHARE_OF_TURNS) for (turns = 2; turns < MOST_TURNS && random.below(3) > 0;) turns += 1;
  const side = (cell: 'prompt' | 'answer', written: Writing): Turn[] => {
    const tokens = Math.ceil(drawTokens(random, cell) / turns);
    return Array.from({ length: turns }, () => drawText(random, written, tokens));
  };
  const prompt = side('prompt', writing === 'code' ? 'plain' : writing);
  return { writing, prompt, answers: [side('answer', writing), side('answer', writing)] };
}

function drawWriting(random: ArenaRandom): Writing {
  const share = random.unit();
  if (share < 0.74) return 'plain';
  if (share < 0.84) return 'code';
  if (share < 0.92) return 'accented';
  return share < 0.94 ? 'cyrillic' : 'han';
}

/** The prompt of one row with the answers of another, cut or filled up to its turns. */
function answered({ prompt, writing }: Texts, { answers }: Texts): Texts {
  const [first, second] = answers.map((turns) => prompt.map((_, turn) => turns[turn] ?? turns[0] ?? ''));
  return { writing, prompt, answers: [first ?? [], second ?? []] };
}

/** The same pair to whoever compares normalised texts: other white space, maybe the other answer first. */
function copied(model: Texts, random: ArenaRandom): Texts {
  const copy = everyTurn(model, (turn) => ` ${turn.replaceAll(' ', '  ')}`);
  const [first, second] = copy.answers;
  return random.below(2) === 0 ? copy : { ...copy, answers: [second, first] };
}

function reworded(text: string, random: ArenaRandom, writing: Writing): string {
  const words = text.split(' ');
  for (let left = Math.ceil(words.length * WORDS_CHANGED); left > 0; left -= 1) {
    words[random.below(words.length)] = drawWord(random, writing);
  }
  return words.join(' ');
}

function everyTurn(
  { writing, prompt, answers: [first, second] }: Texts,
  change: (turn: string) => string,
): Texts {
  const side = (turns: readonly Turn[]) => turns.map((turn) => (turn === null ? null : change(turn)));
  return { writing, prompt: side(prompt), answers: [side(first), side(second)] };
}
