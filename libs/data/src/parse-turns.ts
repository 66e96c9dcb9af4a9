import type { Turn } from './normalise-text.js';

/** The turns of one cell and what had to be repaired in them. */
export interface ParsedTurns {
  readonly turns: readonly Turn[];
  /** Whether a lone surrogate, which no UTF-8 can carry, became U+FFFD. */
  readonly surrogatesRepaired: boolean;
  /** Whether raw control characters inside JSON strings (a line end as it is typed) were read as themselves. */
  readonly controlsRepaired: boolean;
}

/** What is wrong with a cell, in words that hold none of it. */
export interface CellProblem {
  readonly problem: string;
}

/**
 * The turns of a cell that must be a JSON array of strings and nulls. Nothing is evaluated; the one looseness is that
 * raw control characters inside strings, which JSON forbids but exports of tables produce, stand for themselves.
 */
export function parseTurns(cell: unknown): ParsedTurns | CellProblem {
  if (typeof cell !== 'string') return turnsOf(cell, false);
  const strict = parseJson(cell);
  if (strict !== undefined) return turnsOf(strict.value, false);
  const loose = parseJson(cell.replace(JSON_STRING, escapeControls));
  return loose === undefined
    ? { problem: 'not JSON; it must be a JSON array of strings' }
    : turnsOf(loose.value, true);
}

/**
 * The turns of a cell of a table that is not in the competition's format: a JSON array of strings and nulls, or else
 * the whole text as one turn.
 */
export function parseTurnsOrText(cell: unknown): ParsedTurns | CellProblem {
  const parsed = parseTurns(cell);
  if (!('problem' in parsed)) return parsed;
  if (cell === null || typeof cell === 'string') return turnsOf([cell], false);
  return { problem: 'neither text nor an array of strings' };
}

const JSON_STRING = /"(?:[^"\\]|\\[^])*"/g;

function escapeControls(literal: string): string {
  return literal.replace(
    /[\u0000-\u001f]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function turnsOf(value: unknown, controlsRepaired: boolean): ParsedTurns | CellProblem {
  if (!Array.isArray(value)) return { problem: 'JSON, but no array; it must be a JSON array of strings' };
  if (value.length === 0) return { problem: 'an empty array; it must hold at least one turn' };
  if (!value.every((turn): turn is Turn => turn === null || typeof turn === 'string')) {
    return { problem: 'an array with other things than strings and nulls' };
  }
  const turns = value.map((turn) => turn?.toWellFormed() ?? null);
  return { turns, surrogatesRepaired: turns.some((turn, index) => turn !== value[index]), controlsRepaired };
}
