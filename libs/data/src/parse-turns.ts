import { CELL_LIMIT, CELL_TOO_LONG } from './cell-limit.js';
import type { Turn } from './normalise-text.js';
import type { Repair } from './repairs.js';

/** The turns of one cell and what was repaired in them. */
export interface ParsedTurns {
  readonly turns: readonly Turn[];
  readonly repairs: readonly Repair[];
}

/** The value of a cell of JSON and what was repaired to read it. */
export interface JsonCell {
  readonly value: unknown;
  readonly repairs: readonly Repair[];
}

/** What is wrong with a cell, in words that hold none of it. */
export interface CellProblem {
  readonly problem: string;
}

/**
 * The turns of a cell that must be an array of strings and nulls, written as JSON or as a list of the file type.
 * Nothing is evaluated; the one looseness is that raw control characters inside strings, which JSON forbids but
 * exports of tables produce, stand for themselves.
 */
export function parseTurns(cell: unknown): ParsedTurns | CellProblem {
  if (cell === null || cell === undefined) return { problem: 'no value; it must be an array of strings' };
  if (typeof cell !== 'string') return turnsOf(cell, []);
  const parsed = parseJsonCell(cell);
  return parsed === undefined
    ? { problem: 'not JSON; it must be a JSON array of strings' }
    : turnsOf(parsed.value, parsed.repairs);
}

/**
 * The turns of a cell of a table that is not in the competition's format: a JSON array of strings and nulls, or else
 * the whole text as one turn.
 */
export function parseTurnsOrText(cell: unknown): ParsedTurns | CellProblem {
  if (cell === null) return turnsOf([null], []);
  const parsed = parseTurns(cell);
  if (!('problem' in parsed)) return parsed;
  if (typeof cell !== 'string') return { problem: 'neither text nor an array of strings' };
  if (CONVERSATION_AS_TEXT.test(cell)) return { problem: AS_TEXT };
  return turnsOf([cell], []);
}

/** The value of a JSON cell, raw control characters inside its strings read as themselves; undefined where it is no JSON. */
export function parseJsonCell(cell: string): JsonCell | undefined {
  const strict = parseJson(cell);
  if (strict !== undefined) return { ...strict, repairs: [] };
  const loose = parseJson(cell.replace(JSON_STRING, escapeControls));
  return loose === undefined ? undefined : { ...loose, repairs: ['controls_repaired'] };
}

/** Turns as UTF-8 can carry them, a lone surrogate made U+FFFD. */
export function wellFormedTurns(raw: readonly Turn[], repairs: readonly Repair[]): ParsedTurns {
  const turns = raw.map((turn) => turn?.toWellFormed() ?? null);
  const repaired = turns.some((turn, index) => turn !== raw[index]);
  return { turns, repairs: repaired ? [...repairs, 'surrogates_repaired'] : repairs };
}

/** Messages as Python or JSON prints them, which taken as the text itself would be learned from as such. */
const CONVERSATION_AS_TEXT = /^\s*\[\s*\{\s*['"](role|content)['"]\s*:/;
const AS_TEXT =
  'a conversation written as text; give a list of messages in Parquet or JSON lines or, if this is the text itself, a JSON array with it';

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

function turnsOf(value: unknown, repairs: readonly Repair[]): ParsedTurns | CellProblem {
  if (!Array.isArray(value)) return { problem: 'JSON, but no array; it must be a JSON array of strings' };
  if (value.length === 0) return { problem: 'an empty array; it must hold at least one turn' };
  if (!value.every((turn): turn is Turn => turn === null || typeof turn === 'string')) {
    return { problem: 'an array with other things than strings and nulls' };
  }
  if (value.some((turn) => turn !== null && turn.length > CELL_LIMIT)) return { problem: CELL_TOO_LONG };
  return wellFormedTurns(value, repairs);
}
