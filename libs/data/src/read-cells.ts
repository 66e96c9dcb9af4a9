import { dataFault } from './data-fault.js';
import { isConversation, parseConversation } from './parse-conversation.js';
import {
  parseJsonCell,
  parseTurns,
  parseTurnsOrText,
  type CellProblem,
  type JsonCell,
  type ParsedTurns,
} from './parse-turns.js';
import type { TableRecord } from './table-records.js';

/** Columns of the three texts of a comparison. */
export interface CellColumns {
  readonly prompt: string;
  readonly response_a: string;
  readonly response_b: string;
}

/** The three texts of a comparison. */
export interface Cells {
  readonly prompt: ParsedTurns;
  readonly response_a: ParsedTurns;
  readonly response_b: ParsedTurns;
}

/** Why a row is no comparison of texts, and the column that says so. */
export interface LeftOut {
  readonly leftOut: 'images_left_out' | 'unlike_prompts_left_out';
  readonly column: string;
}

/** Reads the three texts of a record. @throws InvalidData with source, row and column. */
export type CellReader = (record: TableRecord, columns: CellColumns, source: string) => Cells | LeftOut;

/** Cells of the competition: JSON arrays of strings and nulls. */
export const readTurns: CellReader = (record, columns, source) => ({
  prompt: parsed(parseTurns, record, columns.prompt, source),
  response_a: parsed(parseTurns, record, columns.response_a, source),
  response_b: parsed(parseTurns, record, columns.response_b, source),
});

/** Cells of any table: plain text, arrays of strings, or, in JSON lines and Parquet, lists of messages. */
export const readTexts: CellReader = (record, columns, source) => {
  const prompt = record.get(columns.prompt);
  const answers = [record.get(columns.response_a), record.get(columns.response_b)];
  if (![prompt, ...answers].some(isConversation)) {
    return {
      prompt: parsed(parseTurnsOrText, record, columns.prompt, source),
      response_a: parsed(parseTurnsOrText, record, columns.response_a, source),
      response_b: parsed(parseTurnsOrText, record, columns.response_b, source),
    };
  }
  return compared(
    record,
    columns,
    source,
    answers.map((answer) => ({ value: joined(prompt, answer), repairs: [] })),
  );
};

/** Cells of the arena's exports: whole conversations, as lists of messages or as JSON of them. */
export const readConversations: CellReader = (record, columns, source) => {
  const values = [columns.response_a, columns.response_b].map((column) => {
    const cell = record.get(column);
    const asItIs = { value: cell, repairs: [] };
    return typeof cell === 'string' ? (parseJsonCell(cell) ?? asItIs) : asItIs;
  });
  return compared(record, columns, source, values);
};

/** The conversation that an answer ends: the answer's own when it holds questions, else the prompt's and the answer. */
function joined(prompt: unknown, answer: unknown): unknown {
  const reply = isConversation(answer) ? answer : [{ role: 'assistant', content: answer }];
  if (reply.some(isQuestion)) return reply;
  return [...(isConversation(prompt) ? prompt : [{ role: 'user', content: prompt }]), ...reply];
}

function isQuestion(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'role' in message && message.role === 'user';
}

function compared(
  { row }: TableRecord,
  { response_a, response_b }: CellColumns,
  source: string,
  values: readonly JsonCell[],
): Cells | LeftOut {
  const read = (column: string, cell: JsonCell | undefined) => {
    const conversation = parseConversation(cell?.value);
    if ('problem' in conversation) throw dataFault({ source, row, column }, conversation.problem);
    const { prompt, answers, images } = conversation;
    const repairs = [...(cell?.repairs ?? []), ...prompt.repairs, ...answers.repairs];
    return { prompt: prompt.turns, answers: { turns: answers.turns, repairs }, images };
  };
  const a = read(response_a, values[0]);
  const b = read(response_b, values[1]);
  if (a.images) return { leftOut: 'images_left_out', column: response_a };
  if (b.images) return { leftOut: 'images_left_out', column: response_b };
  const alike =
    a.prompt.length === b.prompt.length && a.prompt.every((turn, index) => turn === b.prompt[index]);
  if (!alike) return { leftOut: 'unlike_prompts_left_out', column: response_b };
  return { prompt: { turns: a.prompt, repairs: [] }, response_a: a.answers, response_b: b.answers };
}

function parsed(
  parse: (cell: unknown) => ParsedTurns | CellProblem,
  record: TableRecord,
  column: string,
  source: string,
): ParsedTurns {
  const turns = parse(record.get(column));
  if ('problem' in turns) throw dataFault({ source, row: record.row, column }, turns.problem);
  return turns;
}
