/** Column types of the tables in @nacre/contracts/tables, as DuckDB names them. */
export interface ColumnValues {
  readonly VARCHAR: string;
  readonly BOOLEAN: boolean;
  readonly TINYINT: number;
  readonly INTEGER: number;
  readonly FLOAT: number;
  readonly DOUBLE: number;
  readonly 'VARCHAR[]': readonly (string | null)[];
  readonly 'INTEGER[]': readonly number[];
  readonly 'DOUBLE[]': readonly number[];
  readonly 'BOOLEAN[]': readonly boolean[];
}
export type ColumnType = keyof ColumnValues;

/** One row: a column may be null only where the reader says so. */
export type TableRow<Columns extends Readonly<Record<string, ColumnType>>, Nullable extends keyof Columns> = {
  readonly [Name in keyof Columns]: ColumnValues[Columns[Name]] | (Name extends Nullable ? null : never);
};

export interface TableReading<Nullable> {
  /** Columns in which null is a value; null anywhere else is InvalidData. */
  readonly nullable?: readonly Nullable[];
  readonly signal?: AbortSignal;
}

export function readTable<
  const Columns extends Readonly<Record<string, ColumnType>>,
  const Nullable extends keyof Columns & string = never,
>(
  files: string | readonly string[],
  columns: Columns,
  reading: TableReading<Nullable> = {},
): Promise<TableRow<Columns, Nullable>[]> {
  return Promise.reject(new Error(`${String(files)} ${Object.keys(columns).join()} ${String(reading.nullable)}: not there yet`));
}
