import { csvRecords } from './csv-records.js';
import { dataFault } from './data-fault.js';
import { jsonLineRecords } from './json-line-records.js';
import { Pace } from './pace.js';
import { parquetRecords } from './parquet-records.js';
import { readText } from './read-text.js';
import type { Repairs } from './repairs.js';

/** One record of a source, whatever its file type. */
export interface TableRecord {
  /** From 1, the header not counted. */
  readonly row: number;
  /**
   * The value in a column: text in CSV; any JSON value in JSON lines; in Parquet text, numbers (bigint for 64 bits),
   * booleans, lists and objects; undefined where the record lacks it.
   */
  readonly get: (column: string) => unknown;
}

export interface TableFile {
  readonly file: string;
  readonly fileType: 'csv' | 'jsonl' | 'parquet';
  /** Name of the source, for messages. */
  readonly source: string;
  /** Columns every record must have. */
  readonly required: readonly string[];
  /** Columns that are read where they exist. */
  readonly optional?: readonly string[];
  /** Gets notes of what is passed over, empty rows among it; without it an empty row is a record like any other. */
  readonly repairs?: Repairs | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The records of a CSV file with a header, of a file of JSON objects, one a line, or of a Parquet file.
 *
 * @throws InvalidData for an empty file, a missing or doubled column, a record with another number of cells than the
 * header, a line that is no JSON object, a file that is no Parquet, a column of a type that holds neither text,
 * numbers nor lists of them.
 */
export async function* tableRecords(table: TableFile): AsyncGenerator<TableRecord> {
  if (table.fileType === 'parquet') {
    yield* parquetRecords(table);
    return;
  }
  const pieces = readText(table.file, table.source, table);
  yield* table.fileType === 'csv' ? fromCsv(pieces, table) : jsonLineRecords(pieces, table);
}

async function* fromCsv(
  pieces: AsyncIterable<string>,
  { source, required, optional = [], repairs, signal }: TableFile,
): AsyncGenerator<TableRecord> {
  let positions: Map<string, number> | undefined;
  const pace = new Pace(signal);
  let row = 0;
  for await (const cells of csvRecords(pieces, source, { columns: [...required, ...optional], repairs })) {
    if (positions === undefined) {
      positions = columnPositions(cells, required, source);
      continue;
    }
    row += 1;
    if (repairs !== undefined && cells.every((cell) => cell === '')) {
      repairs.note('empty_rows', row);
      if (pace.due) await pace.rest();
      continue;
    }
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
