import { rename, rm } from 'node:fs/promises';

import { DuckDBDataChunk, listValue, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';

import { sqlName, sqlText, withDatabase } from './database.js';
import { Pace } from './pace.js';
import type { TableColumns, TableRow } from './table-columns.js';

/** Rows DuckDB takes at once. */
const CHUNK_ROWS = 1024;
/** Rows of a Parquet row group: what a reader must hold at once. */
export const ROW_GROUP_ROWS = 8192;

/**
 * Writes rows as Parquet (zstd), in their order. The file appears under its name only when it is whole. Its bytes
 * depend on the rows and the version of DuckDB alone: withDatabase has one thread, which keeps insertion order.
 */
export async function writeTable<const Columns extends TableColumns>(
  file: string,
  columns: Columns,
  rows: Iterable<TableRow<Columns, keyof Columns>> | AsyncIterable<TableRow<Columns, keyof Columns>>,
  signal?: AbortSignal,
): Promise<void> {
  const partial = `${file}.partial`;
  try {
    await withDatabase(async (connection) => {
      await load(connection, columns, rows, signal);
      await connection.run(
        `COPY loaded TO ${sqlText(partial)}
         (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`,
      );
    }, signal);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}

async function load<Columns extends TableColumns>(
  connection: DuckDBConnection,
  columns: Columns,
  rows: Iterable<TableRow<Columns, keyof Columns>> | AsyncIterable<TableRow<Columns, keyof Columns>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const names = Object.keys(columns);
  const definitions = names.map((name) => `${sqlName(name)} ${String(columns[name])}`);
  await connection.run(`CREATE TABLE loaded (${definitions.join(', ')})`);
  const appender = await connection.createAppender('loaded');
  const types = names.map((_, index) => appender.columnType(index));
  const pace = new Pace(signal);
  let pending: DuckDBValue[][] = [];
  const append = () => {
    const chunk = DuckDBDataChunk.create(types, pending.length);
    chunk.setRows(pending);
    appender.appendDataChunk(chunk);
    pending = [];
  };
  for await (const row of rows) {
    pending.push(names.map((name) => toValue(row[name])));
    if (pending.length === CHUNK_ROWS) append();
    // Rows that come without waiting would hold the event loop: no heartbeat, and no abort, until the last one.
    if (pace.due) await pace.rest();
  }
  if (pending.length > 0) append();
  appender.closeSync();
}

function toValue(value: unknown): DuckDBValue {
  return Array.isArray(value) ? listValue(value as DuckDBValue[]) : (value as DuckDBValue);
}
