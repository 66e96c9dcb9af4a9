import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { sqlText, withDatabase } from './database.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

/** The bytes of a Parquet file with the rows of a query. */
export async function parquetBytes(query: string): Promise<Buffer> {
  const file = join(await temporaryFolder(), 'rows.parquet');
  await withDatabase(async (connection) => {
    await connection.run(`COPY (${query}) TO ${sqlText(file)} (FORMAT parquet)`);
  });
  return readFile(file);
}
