import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { comparisonColumns } from '@nacre/contracts/tables';

import { prepared } from './arena-files.fixture.js';
import { readTable } from './read-table.js';
import type { SourceDescription } from './source-layout.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

/** A source prepared in a folder of its own: the rows, the counts and the lines of repairs.csv. */
export async function preparedRows(bytes: string | Buffer, change: Partial<SourceDescription> = {}) {
  const { folder, counts } = await prepared(await temporaryFolder(), bytes, change);
  const rows = await readTable(join(folder, 'comparisons.parquet'), comparisonColumns, {
    nullable: ['model_a', 'model_b', 'label'],
  });
  const repairs = join(folder, 'repairs.csv');
  return {
    ...{ rows, counts, folder },
    repairs: existsSync(repairs) ? readFileSync(repairs, 'utf8').trimEnd().split('\n').slice(1) : [],
  };
}

/** The error with which a source is refused. */
export function refusal(bytes: string | Buffer, change: Partial<SourceDescription> = {}): Promise<string> {
  return preparedRows(bytes, change).then(
    () => 'accepted',
    (error: unknown) => String(error),
  );
}
