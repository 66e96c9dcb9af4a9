import { csvRecords } from './csv-records.js';
import { dataFault } from './data-fault.js';
import { readText } from './read-text.js';

/** One record of a source, whatever its file type. */
export interface TableRecord {
  /** From 1, the header not counted. */
  readonly row: number;
  /** The value in a column: text in CSV, any JSON value in JSON lines, undefined where the record lacks it. */
  readonly get: (column: string) => unknown;
}

export interface TableFile {
  readonly file: string;
  readonly fileType: 'csv' | 'jsonl';
  /** Name of the source, for messages. */
  readonly source: string;
  /** Columns every record must have. */
  readonly required: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * The records of a CSV file with a header, or of a file of JSON objects, one a line.
 *
 * @throws InvalidData for an empty file, a missing or doubled column, a record with another number of cells than the
 * header, a line that is no JSON object.
 */
export async function* tableRecords(table: TableFile): AsyncGenerator<TableRecord> {
  const pieces = readText(table.file, table.source, table.signal);
  yield* table.fileType === 'csv' ? fromCsv(pieces, table) : fromJsonLines(pieces, table);
}

async function* fromCsv(
  pieces: AsyncIterable<string>,
  { source, required }: TableFile,
): AsyncGenerator<TableRecord> {
  let positions: Map<string, number> | undefined;
  let row = 0;
  for await (const cells of csvRecords(pieces, source)) {
    if (positions === undefined) {
      positions = columnPositions(cells, required, source);
      continue;
    }
    row += 1;
    if (cells.length !== positions.size) {
      throw dataFault({ source, row }, `${cells.length} cells, but the header has ${positions.size}`);
    }
    const places = positions;
    yield {
      row,
      get: (column) => {
        const position = places.get(column);
        return position === undefined ? undefined : cells[position];
      },
    };
  }
  if (positions === undefined) throw dataFault({ source }, 'the file is empty; it needs a header and rows');
}

function columnPositions(
  header: readonly string[],
  required: readonly string[],
  source: string,
): Map<string, number> {
  const positions = new Map(header.map((column, position) => [column, position]));
  if (positions.size !== header.length)
    throw dataFault({ source }, 'two columns of the header have the same name');
  const missing = required.filter((column) => !positions.has(column));
  if (missing.length > 0) {
    throw dataFault({ source }, `the header lacks ${missing.join(', ')}; it needs ${required.join(', ')}`);
  }
  return positions;
}

async function* fromJsonLines(
  pieces: AsyncIterable<string>,
  { source, required }: TableFile,
): AsyncGenerator<TableRecord> {
  let row = 0;
  for await (const line of lines(pieces)) {
    if (line.trim() === '') continue;
    row += 1;
    const record = parseObject(line);
    if (record === undefined) throw dataFault({ source, row }, 'the line is no JSON object');
    const missing = required.find((column) => !record.has(column));
    if (missing !== undefined) throw dataFault({ source, row, column: missing }, 'the line has no such key');
    yield { row, get: (column) => record.get(column) };
  }
  if (row === 0) throw dataFault({ source }, 'the file is empty; it needs one JSON object a line');
}

async function* lines(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    const parts = (rest + piece).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  yield rest;
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
