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

import { leakReportSchema, type LeakReport, type Overlap } from './leak-report.js';
import { readTable } from './read-table.js';
import type { TableRow } from './table-columns.js';

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

const { example_id, prompt_group, pair_group } = comparisonColumns;
const readColumns = { example_id, prompt_group, pair_group };
type Row = TableRow<typeof readColumns>;
type SetName = Overlap['set'];

/**
 * Pairs of sets that must not share anything, and whether the same pair (prompt and both answers, in either order)
 * in both is red. Nothing that stands in test or in the blind slice may be trained on: that would make the figures
 * measured there, or the submission, a memory test. Between train and extra the folds keep one copy, so red there
 * means that they did not. The same prompt alone is counted only.
 */
const watched: readonly { set: SetName; other: SetName; red: boolean }[] = [
  { set: 'test', other: 'train', red: true },
  { set: 'test', other: 'blind', red: true },
  { set: 'test', other: 'extra', red: true },
  { set: 'test', other: 'post_pretrain', red: true },
  { set: 'blind', other: 'train', red: true },
  { set: 'blind', other: 'extra', red: true },
  { set: 'blind', other: 'post_pretrain', red: true },
  { set: 'train', other: 'extra', red: true },
  { set: 'train', other: 'post_pretrain', red: false },
];

const WORST = 20;

/**
 * The leak gate: compares train (without its blind rows), blind, the extra rows that any fold trains on,
 * post-pretraining rows and test by pair_group and by prompt_group, and writes leak.json (leakReportSchema).
 * Extra rows held out of every fold are trained on by none and are left out. It judges nothing: the caller stops or
 * goes on by `red`.
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
  const read = (from: string): Promise<Row[]> =>
    readTable(join(from, COMPARISONS_FILE), readColumns, { signal });
  const folds = await readFolds(foldsFolder, signal);
  const trainRows = await read(train);
  const isBlind = (row: Row) => folds.blind.has(row.example_id);
  const sets: Record<SetName, readonly Row[]> = {
    train: trainRows.filter((row) => !isBlind(row)),
    blind: trainRows.filter(isBlind),
    extra: (await Promise.all(extra.map(read))).flat().filter((row) => !folds.unused.has(row.example_id)),
    post_pretrain: postPretrain === undefined ? [] : await read(postPretrain),
    test: test === undefined ? [] : await read(test),
  };
  const report = compare(sets);
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
  const count = Math.max(...rows.map((row) => row.fold)) + 1;
  const ids = (chosen: typeof rows) => new Set(chosen.map((row) => row.example_id));
  return {
    blind: ids(rows.filter((row) => row.blind)),
    unused: ids(rows.filter((row) => !row.blind && row.held_out_of.length === count)),
  };
}

function compare(sets: Readonly<Record<SetName, readonly Row[]>>): LeakReport {
  const overlaps: Overlap[] = [];
  const twins: { red: boolean; ids: [string, string] }[] = [];
  for (const same of ['pair', 'prompt'] as const) {
    const key = (row: Row) => (same === 'pair' ? row.pair_group : row.prompt_group);
    for (const { set, other, red: pairIsRed } of watched) {
      const red = same === 'pair' && pairIsRed;
      const firstWith = new Map(sets[other].toReversed().map((row) => [key(row), row.example_id]));
      let rows = 0;
      for (const row of sets[set]) {
        const twin = firstWith.get(key(row));
        if (twin === undefined) continue;
        rows += 1;
        if (same === 'pair') twins.push({ red, ids: [row.example_id, twin] });
      }
      overlaps.push({ same, set, other, rows, red });
    }
  }
  const red = overlaps.filter((overlap) => overlap.red).reduce((total, { rows }) => total + rows, 0);
  const worst = [...twins.filter((twin) => twin.red), ...twins.filter((twin) => !twin.red)];
  return { nacre_leaks: 1, red, overlaps, worst: worst.slice(0, WORST).map(({ ids }) => ids) };
}
