import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '@nacre/contracts/artifact';
import { COMPARISONS_FILE, COUNTS_FILE, FOLDS_FILE } from '@nacre/contracts/tables';

import { dataFault } from './data-fault.js';
import { sqlText, withDatabase } from './database.js';
import { ROW_GROUP_ROWS } from './write-table.js';

export interface DropPlaces {
  /** Folder of the prepared source that is to be trained on. */
  readonly source: string;
  /** Folder of the prepared source with use: test. */
  readonly test: string;
  /** Folders of the train source and of its folds, where rows that stand in the blind slice go too. */
  readonly blind?: { readonly train: string; readonly folds: string } | undefined;
  /** Folder that gets comparisons.parquet and counts.json. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The repair of a leak: writes a prepared source without the rows whose pair (prompt and both answers, in either
 * order) stands in test, or in the blind slice. The other rows and their order stay as they are.
 *
 * @returns rows (left) and leaks_dropped.
 * @throws InvalidData when no row is left.
 */
export async function dropLeaks(
  name: string,
  { source, test, blind, folder, signal }: DropPlaces,
): Promise<Record<string, number>> {
  const table = (place: string, file = COMPARISONS_FILE) => `read_parquet(${sqlText(join(place, file))})`;
  const protectedPairs = [
    `SELECT pair_group FROM ${table(test)}`,
    ...(blind === undefined
      ? []
      : [
          `SELECT pair_group FROM ${table(blind.train)} SEMI JOIN
           (SELECT example_id FROM ${table(blind.folds, FOLDS_FILE)} WHERE blind) USING (example_id)`,
        ]),
  ].join(' UNION ');
  const clean = `FROM ${table(source)} WHERE pair_group NOT IN (${protectedPairs})`;
  await mkdir(folder, { recursive: true });
  const file = join(folder, COMPARISONS_FILE);
  const partial = `${file}.partial`;
  try {
    const counts = await withDatabase(async (connection) => {
      const count = async (from: string): Promise<number> => {
        const [[found] = []] = (
          await connection.runAndReadAll(`SELECT count(*)::INTEGER ${from}`)
        ).getRowsJS();
        return Number(found);
      };
      const [before, rows] = [await count(`FROM ${table(source)}`), await count(clean)];
      if (rows === 0)
        throw dataFault({ source: name }, 'every row stands in test or in the blind slice as well');
      await connection.run(
        `COPY (SELECT * ${clean}) TO ${sqlText(partial)}
         (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`,
      );
      return { rows, leaks_dropped: before - rows };
    }, signal);
    await rename(partial, file);
    await writeFile(join(folder, COUNTS_FILE), `${canonicalJson(counts)}\n`);
    return counts;
  } finally {
    await rm(partial, { force: true });
  }
}
