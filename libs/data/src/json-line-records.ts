import { LINE_LIMIT } from './cell-limit.js';
import { dataFault } from './data-fault.js';
import { Pace } from './pace.js';
import type { TableFile, TableRecord } from './table-records.js';
import { ZERO_BYTE } from './zero-byte.js';

/**
 * The records of a text of JSON objects, one a line; blank lines, and objects whose values are all null or empty, are
 * empty rows.
 *
 * @throws InvalidData with the row for a line that is no JSON object, lacks a required key, holds a zero byte or is
 * beyond LINE_LIMIT, and for a text without a line.
 */
export async function* jsonLineRecords(
  pieces: AsyncIterable<string>,
  { source, required, repairs, signal }: TableFile,
): AsyncGenerator<TableRecord> {
  const pace = new Pace(signal);
  let row = 0;
  let returns = false;
  const tooLong = () => dataFault({ source, row: row + 1 }, `a line of more than ${LINE_LIMIT} characters`);
  for await (const line of lines(pieces, tooLong)) {
    if (pace.due) await pace.rest();
    if (line.trim() === '') {
      repairs?.note('empty_rows', row);
      continue;
    }
    row += 1;
    if (line.includes('\0')) throw dataFault({ source, row }, ZERO_BYTE);
    if (!returns && line.endsWith('\r')) {
      returns = true;
      repairs?.note('crlf_line_ends', null);
    }
    const record = parseObject(line);
    if (record === undefined) {
      throw dataFault({ source, row }, 'the line is no JSON object; each line must be a whole one');
    }
    if (repairs !== undefined && [...record.values()].every((value) => value === null || value === '')) {
      repairs.note('empty_rows', row);
      continue;
    }
    const missing = required.find((column) => !record.has(column));
    if (missing !== undefined) throw dataFault({ source, row, column: missing }, 'the line has no such key');
    yield { row, get: (column) => record.get(column) };
  }
  if (row === 0) throw dataFault({ source }, 'the file is empty; it needs one JSON object a line');
}

async function* lines(pieces: AsyncIterable<string>, tooLong: () => Error): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf('\n'); end !== -1; end = piece.indexOf('\n', start)) {
      yield rest + piece.slice(start, end);
      rest = '';
      start = end + 1;
    }
    rest += piece.slice(start);
    if (rest.length > LINE_LIMIT) throw tooLong();
  }
  if (rest !== '') yield rest;
}

function parseObject(line: string): Map<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value));
  } catch {
    return undefined;
  }
}
