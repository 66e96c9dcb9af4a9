import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '@nacre/contracts/artifact';
import {
  COMPARISONS_FILE,
  comparisonColumns,
  FOLDS_FILE,
  foldColumns,
  LEAK_FILE,
} from '@nacre/contracts/tables';

import { compareSets, type LeakRow, type LeakSets } from './compare-sets.js';
import { eachRow } from './each-row.js';
import { leakReportSchema } from './leak-report.js';
import { NearDuplicates } from './near-duplicates.js';
import { readTable } from './read-table.js';

export interface LeakPlaces {
  /** Folder of the prepared source with use: train. */
  readonly train: string;
  /** Folders of the prepared sources with use: extra. */
  readonly extra: readonly string[];
  /** Folder of the prepared source with use: post_pretrain, where there is one. */
  readonly postPretrain?: string | undefined;
  /** Folder of the prepared source with use: test, where there is one. */
  readonly test?: string | undefined;
  /** Folder with folds.parquet. */
  readonly foldsFolder: string;
  /** Folder that gets leak.json. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

const { example_id, prompt, prompt_group, pair_group } = comparisonColumns;
const readColumns = { example_id, prompt, prompt_group, pair_group };

/**
 * The leak gate: compares train (without its blind rows), blind, the extra rows that any fold trains on,
 * post-pretraining rows and test by pair_group, by prompt_group and by near-duplicate prompts (see NearDuplicates),
 * and writes leak.json (leakReportSchema). Extra rows held out of every fold are trained on by none and are left out.
 * It judges nothing: the caller stops or goes on by `red`. Texts pass through, row by row; the event loop stays free.
 *
 * @returns red (rows in red overlaps) and, per overlap that has rows, `<same>_<set>_<other>`.
 */
export async function checkLeaks({
  train,
  extra,
  postPretrain,
  test,
  foldsFolder,
  folder,
  signal,
}: LeakPlaces): Promise<{ readonly red: number } & Record<string, number>> {
  const near = new NearDuplicates(signal);
  const read = async (
    from: readonly (string | undefined)[],
    setOf: (id: string) => LeakRow[] | undefined,
  ): Promise<void> => {
    for (const place of from) {
      if (place === undefined) continue;
      const file = join(place, COMPARISONS_FILE);
      await eachRow(
        file,
        readColumns,
        ({ prompt: turns, ...row }) => {
          const rows = setOf(row.example_id);
          if (rows === undefined) return;
          near.add(row.prompt_group, turns);
          rows.push(row);
        },
        { signal },
      );
    }
  };
  const folds = await readFolds(foldsFolder, signal);
  const sets: Record<keyof LeakSets, LeakRow[]> = {
    train: [],
    blind: [],
    extra: [],
    post_pretrain: [],
    test: [],
  };
  await read([train], (id) => (folds.blind.has(id) ? sets.blind : sets.train));
  await read(extra, (id) => (folds.unused.has(id) ? undefined : sets.extra));
  await read([postPretrain], () => sets.post_pretrain);
  await read([test], () => sets.test);
  const report = await compareSets(sets, near, signal);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, LEAK_FILE), `${canonicalJson(leakReportSchema.parse(report))}\n`);
  const found = report.overlaps.filter(({ rows }) => rows > 0);
  return {
    ...Object.fromEntries(found.map(({ same, set, other, rows }) => [`${same}_${set}_${other}`, rows])),
    red: report.red,
  };
}

/** Ids of blind rows, and of extra rows that no fold trains on. */
async function readFolds(
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Record<'blind' | 'unused', Set<string>>> {
  const { example_id, fold, blind, held_out_of } = foldColumns;
  const rows = await readTable(
    join(folder, FOLDS_FILE),
    { example_id, fold, blind, held_out_of },
    { signal },
  );
  const count = rows.reduce((most, row) => Math.max(most, row.fold), -1) + 1;
  const ids = (chosen: typeof rows) => new Set(chosen.map((row) => row.example_id));
  return {
    blind: ids(rows.filter((row) => row.blind)),
    unused: ids(rows.filter((row) => !row.blind && row.held_out_of.length === count)),
  };
}
