import { createHash } from 'node:crypto';

/** A turn is text, or null where the conversation has none. */
export type Turn = string | null;

/** Version of the normalisation below: part of every group digest, so old and new ones never meet. */
export const NORMALISATION_VERSION = 1;

/**
 * The one form in which texts are compared: Unicode NFKC, lower case, runs of white space (JavaScript's `\s`, so
 * no-break spaces too) made one space, none at the ends.
 */
export function normaliseText(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}

/**
 * sha256 (lower-case hexadecimal) of the normalised turns of a prompt. Each turn is normalised by itself and the
 * list is joined as a JSON array: white space at inner boundaries does not count, null is not the text "null".
 */
export function promptGroup(turns: readonly Turn[]): string {
  return digest('prompt', turns.map(normaliseTurn));
}

/** A prompt with two answers, whichever of them stands first. */
export interface Pair {
  /** sha256, the same for both orders. */
  readonly group: string;
  /** Whether the answers stand in the other order than in the group: pairs of one group with the same answer first agree in it. */
  readonly turned: boolean;
}

/** The pair that a prompt, by its promptGroup, and two answers make. */
export function pairOf(prompt: string, answers: readonly [readonly Turn[], readonly Turn[]]): Pair {
  const [a, b] = answers.map((turns) => digest('answer', turns.map(normaliseTurn))) as [string, string];
  const turned = b < a;
  return { group: digest('pair', turned ? [prompt, b, a] : [prompt, a, b]), turned };
}

function normaliseTurn(turn: Turn): Turn {
  return turn === null ? null : normaliseText(turn);
}

function digest(kind: 'prompt' | 'answer' | 'pair', parts: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([NORMALISATION_VERSION, kind, parts]))
    .digest('hex');
}
