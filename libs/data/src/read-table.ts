import { eachRow, type TableReading } from './each-row.js';
import type { TableColumns, TableRow } from './table-columns.js';

export type { TableReading } from './each-row.js';

/** All rows of Parquet files, as eachRow hands them over. @throws ContractViolation as eachRow does. */
export async function readTable<
  const Columns extends TableColumns,
  const Nullable extends keyof Columns & string = never,
>(
  files: string | readonly string[],
  columns: Columns,
  reading: TableReading<Nullable> = {},
): Promise<TableRow<Columns, Nullable>[]> {
  const rows: TableRow<Columns, Nullable>[] = [];
  await eachRow(files, columns, (row: TableRow<Columns, Nullable>) => rows.push(row), reading);
  return rows;
}
