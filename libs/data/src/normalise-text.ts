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

/** sha256 of a prompt and its two answers, the same whichever answer stands first. */
export function pairGroup(prompt: string, answers: readonly [readonly Turn[], readonly Turn[]]): string {
  const [first, second] = answers.map((turns) => digest('answer', turns.map(normaliseTurn))).sort();
  return digest('pair', [prompt, first, second]);
}

function normaliseTurn(turn: Turn): Turn {
  return turn === null ? null : normaliseText(turn);
}

function digest(kind: 'prompt' | 'answer' | 'pair', parts: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([NORMALISATION_VERSION, kind, parts]))
    .digest('hex');
}
