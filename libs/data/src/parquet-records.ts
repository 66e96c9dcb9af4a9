import { open } from 'node:fs/promises';

import { JSDuckDBValueConverter } from '@duckdb/node-api';
import { InvalidData } from '@nacre/contracts/errors';

import { dataFault } from './data-fault.js';
import { openDatabase, sqlName, sqlText } from './database.js';
import { Pace } from './pace.js';
import { scalarText } from './scalar-text.js';
import { quotedId } from './quoted-id.js';
import type { TableFile, TableRecord } from './table-records.js';

/** Types of columns, as DuckDB names them, in which a comparison can stand: no bytes, times, decimals or maps. */
const READABLE =
  /^("NULL"|VARCHAR|BOOLEAN|U?(TINYINT|SMALLINT|INTEGER|BIGINT)|FLOAT|DOUBLE|UUID|ENUM\(.*\)|STRUCT\(.*\))(\[\d*\])*$/s;

/**
 * The records of a Parquet file, in its order; of its columns only the required and the optional ones are read. A row
 * in which all of these are null is an empty row.
 *
 * @throws InvalidData for a file that is no Parquet or was cut, a missing column, a column of an unreadable type.
 */
export async function* parquetRecords(table: TableFile): AsyncGenerator<TableRecord> {
  const { file, source, required, optional = [], repairs, signal } = table;
  await checkFrame(file, source);
  const database = await openDatabase(signal);
  const from = `read_parquet(${sqlText(file)})`;
  const pace = new Pace(signal);
  let row = 0;
  try {
    const found = await database.connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
    const types = new Map(
      found.getRowsJS().map(([name, type]) => [scalarText(name) ?? '', scalarText(type) ?? '']),
    );
    const names = readableColumns(types, required, optional, source);
    const positions = new Map(names.map((name, position) => [name, position]));
    const result = await database.connection.stream(`SELECT ${names.map(sqlName).join(', ')} FROM ${from}`);
    for await (const chunk of result) {
      for (let index = 0; index < chunk.rowCount; index += 1) {
        row += 1;
        if (pace.due) await pace.rest();
        // Row by row: 2,048 conversations at once would hold the event loop.
        const values = chunk.convertRowValues(index, JSDuckDBValueConverter);
        if (repairs !== undefined && values.every((value) => value === null)) {
          repairs.note('empty_rows', row);
          continue;
        }
        const get = (column: string): unknown => {
          const position = positions.get(column);
          return position === undefined ? undefined : values[position];
        };
        yield { row, get };
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof InvalidData) throw error;
    throw dataFault({ source }, `cannot be read as Parquet after row ${row}: ${problemOf(error)}`);
  } finally {
    await database.close();
  }
}

/** DuckDB's own message may quote a value, so it is not passed on. */
function problemOf(error: unknown): string {
  const message = String(error);
  if (message.includes('Out of Memory Error')) {
    return 'its rows are too large to be read at once; write the file without images, or with row groups of 100 rows';
  }
  if (message.includes('Invalid string encoding')) return 'a text that is not UTF-8; write it as UTF-8';
  return 'the file is damaged';
}

async function checkFrame(file: string, source: string): Promise<void> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const mark = async (position: number) =>
      (await handle.read(Buffer.alloc(4), 0, 4, position)).buffer.toString('latin1');
    if ((await mark(0)) !== 'PAR1') {
      throw dataFault({ source }, 'no Parquet file, whatever its name: it does not begin with PAR1');
    }
    if ((await mark(Math.max(0, size - 4))) !== 'PAR1') {
      throw dataFault({ source }, 'a Parquet file that was cut: it does not end with PAR1; copy it again');
    }
  } finally {
    await handle.close();
  }
}

function readableColumns(
  types: ReadonlyMap<string, string>,
  required: readonly string[],
  optional: readonly string[],
  source: string,
): string[] {
  const missing = required.filter((name) => !types.has(name));
  if (missing.length > 0) {
    throw dataFault(
      { source },
      `the file lacks the columns ${missing.join(', ')}; it needs ${required.join(', ')}`,
    );
  }
  const names = [...new Set([...required, ...optional.filter((name) => types.has(name))])];
  for (const name of names) {
    const type = types.get(name) ?? '';
    if (!READABLE.test(type)) {
      throw dataFault(
        { source, column: name },
        `of type ${quotedId(type)}, which holds no text; write text, numbers, or lists of them`,
      );
    }
  }
  return names;
}
