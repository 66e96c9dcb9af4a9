import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';

import { readTable } from './read-table.js';
import { temporaryFolder } from './temporary-folder.fixture.js';
import { writeTable } from './write-table.js';

const columns = {
  text: 'VARCHAR',
  whole: 'INTEGER',
  single: 'FLOAT',
  double: 'DOUBLE',
  flag: 'BOOLEAN',
  turns: 'VARCHAR[]',
  folds: 'INTEGER[]',
} as const;

const rows = Array.from({ length: 10_000 }, (_, row) => ({
  text: row % 3 === 0 ? null : `a\0"'😀${row}`,
  whole: 7 - row,
  single: Math.fround(Math.sin(row) * 1e-40),
  double: row === 3 ? Number.NaN : -Math.sin(row) * 1e-310,
  flag: row % 2 === 0,
  turns: [null, 'x'.repeat(row % 300), ''],
  folds: row % 5 === 0 ? [] : [row, -1],
}));

describe('a table on disk', () => {
  it('reads back as it was written, to the last bit and in its order', async () => {
    const file = join(await temporaryFolder(), 'it’s a table.parquet');
    await writeTable(file, columns, rows);
    expect(await readTable(file, columns, { nullable: ['text'] })).toEqual(rows);
  });

  it('has the same bytes again, under another load', async () => {
    const folder = await temporaryFolder();
    const files = ['one', 'two', 'three'].map((name) => join(folder, name));
    await Promise.all(files.map((file) => writeTable(file, columns, rows)));
    const [one, two, three] = files.map((file) => readFileSync(file));
    expect(one?.equals(two ?? Buffer.of())).toBe(true);
    expect(one?.equals(three ?? Buffer.of())).toBe(true);
  });

  it('does not appear when its rows fail half-way or the signal aborts', async () => {
    const file = join(await temporaryFolder(), 'table.parquet');
    function* failing() {
      yield* rows.slice(0, 5000);
      throw new Error('no more');
    }
    await expect(writeTable(file, columns, failing())).rejects.toThrow('no more');
    function* endless() {
      for (;;) yield* rows;
    }
    await expect(writeTable(file, columns, endless(), AbortSignal.timeout(50))).rejects.toThrow('timeout');
    expect(existsSync(file) || existsSync(`${file}.partial`)).toBe(false);
  });

  it('is read from several files in the order of their names', async () => {
    const folder = await temporaryFolder();
    for (const [name, whole] of [
      ['logits-00001', 2],
      ['logits-00000', 1],
    ] as const) {
      await writeTable(join(folder, `${name}.parquet`), { whole: 'INTEGER' }, [{ whole }]);
    }
    const read = await readTable(join(folder, 'logits-*.parquet'), { whole: 'INTEGER' });
    expect(read).toEqual([{ whole: 1 }, { whole: 2 }]);
  });

  it('is refused, with file and column, when it is not as expected', async () => {
    const file = join(await temporaryFolder(), 'table.parquet');
    await writeTable(file, columns, rows.slice(0, 4));
    const refusal = (reading: Promise<unknown>) => reading.catch((error: unknown) => String(error));
    expect(await refusal(readTable(file, { single: 'DOUBLE' }))).toContain(
      'column single is FLOAT, expected DOUBLE',
    );
    expect(await refusal(readTable(file, { other: 'DOUBLE' }))).toContain(
      'column other is missing, expected DOUBLE',
    );
    expect(await refusal(readTable(file, { text: 'VARCHAR' }))).toContain('row 1 has no text');
    expect(await refusal(readTable(`${file}x`, columns))).toContain('ContractViolation: ');
  });

  it('is read as DuckDB itself reads it', async () => {
    const file = join(await temporaryFolder(), 'table.parquet');
    await writeTable(file, columns, rows);
    const connection = await (await DuckDBInstance.create()).connect();
    const query = `SELECT count(*)::INTEGER, sum(whole)::DOUBLE, count(text)::INTEGER FROM '${file}'`;
    const [found] = (await connection.runAndReadAll(query)).getRowsJS();
    expect(found).toEqual([10_000, -49_925_000, 6666]);
    connection.closeSync();
  });
});
