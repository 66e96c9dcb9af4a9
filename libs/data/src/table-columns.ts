/** Column types of the tables in @nacre/contracts/tables, as DuckDB names them, and what they are in TypeScript. */
export interface ColumnValues {
  readonly VARCHAR: string;
  readonly BOOLEAN: boolean;
  readonly TINYINT: number;
  readonly INTEGER: number;
  /** A 32-bit float, exactly: every one is also a double. */
  readonly FLOAT: number;
  readonly DOUBLE: number;
  /** Turns of a conversation; a turn may be null. */
  readonly 'VARCHAR[]': readonly (string | null)[];
  readonly 'INTEGER[]': readonly number[];
  readonly 'DOUBLE[]': readonly number[];
  readonly 'BOOLEAN[]': readonly boolean[];
}

export type ColumnType = keyof ColumnValues;

/** Columns of a table in order: name to type. */
export type TableColumns = Readonly<Record<string, ColumnType>>;

/** One row: a column is null only where it is declared nullable. */
export type TableRow<Columns extends TableColumns, Nullable extends keyof Columns = never> = {
  readonly [Name in keyof Columns]: ColumnValues[Columns[Name]] | (Name extends Nullable ? null : never);
};
