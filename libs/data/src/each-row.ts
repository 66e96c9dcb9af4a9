import { ContractViolation } from '@nacre/contracts/errors';

import { sqlName, sqlText, withDatabase } from './database.js';
import { Pace } from './pace.js';
import type { TableColumns, TableRow } from './table-columns.js';

export interface TableReading<Nullable> {
  /** Columns in which null is a value. */
  readonly nullable?: readonly Nullable[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Hands over the rows of Parquet files one by one, in the order of the files (sorted by name within a glob): the
 * memory it needs is that of a row group, whatever the table holds, and the event loop stays free. Values come
 * exactly as they were written: a FLOAT is the double of the same value, NaN stays NaN.
 *
 * @throws ContractViolation when a file or a column is missing, has another type, or holds a null outside
 * `nullable`: these tables are written by Nacre, so that is never the user's mistake.
 */
export async function eachRow<
  const Columns extends TableColumns,
  const Nullable extends keyof Columns & string = never,
>(
  files: string | readonly string[],
  columns: Columns,
  take: (row: TableRow<Columns, Nullable>) => void,
  { nullable = [], signal }: TableReading<Nullable> = {},
): Promise<void> {
  const paths = typeof files === 'string' ? [files] : files;
  if (paths.length === 0) return;
  const table = `read_parquet([${paths.map(sqlText).join(', ')}])`;
  const names = Object.keys(columns);
  const required = names.filter((name) => !(nullable as readonly string[]).includes(name));
  const place = paths.join(', ');
  const pace = new Pace(signal);
  await withDatabase(async (connection) => {
    try {
      const found = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${table}`);
      const types = new Map(found.getRowsJS().map(([name, type]) => [name, type]));
      for (const name of names) {
        const type = types.get(name);
        if (type !== columns[name]) {
          const state = typeof type === 'string' ? `is ${type}` : 'is missing';
          throw new ContractViolation(`${place}: column ${name} ${state}, expected ${String(columns[name])}`);
        }
      }
      const result = await connection.stream(`SELECT ${names.map(sqlName).join(', ')} FROM ${table}`);
      let number = 0;
      for await (const rows of result.yieldRowObjectJs()) {
        for (const row of rows) {
          number += 1;
          const empty = required.find((name) => row[name] === null);
          if (empty !== undefined) throw new ContractViolation(`${place}: row ${number} has no ${empty}`);
          // The types were compared with the file's own and the nulls are checked: the row is what it is said to be.
          take(row as unknown as TableRow<Columns, Nullable>);
          if (pace.due) await pace.rest();
        }
      }
    } catch (error) {
      if (error instanceof ContractViolation || signal?.aborted) throw error;
      throw new ContractViolation(`${place}: cannot be read as Parquet`, {}, { cause: error });
    }
  }, signal);
}
