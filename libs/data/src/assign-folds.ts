import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '@nacre/contracts/artifact';
import { InvalidData } from '@nacre/contracts/errors';
import type { Labels, Recipe } from '@nacre/contracts/recipe';
import {
  COMPARISONS_FILE,
  comparisonColumns,
  COUNTS_FILE,
  foldColumns,
  FOLDS_FILE,
} from '@nacre/contracts/tables';

import { readTable } from './read-table.js';
import { BLIND, spreadGroups, type RowGroup } from './spread-groups.js';
import type { TableRow } from './table-columns.js';
import { writeTable } from './write-table.js';

export type FoldParameters = Recipe['folds'] & { readonly labels: Labels };

export interface FoldPlaces {
  /** Folder of the prepared source with use: train. */
  readonly train: string;
  /** Folders of the prepared sources with use: extra, in the order of the recipe. */
  readonly extra: readonly string[];
  /** Folder that gets folds.parquet and counts.json. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

const { example_id, source, label, prompt_group, pair_group } = comparisonColumns;
const readColumns = { example_id, source, label, prompt_group, pair_group };
type Row = TableRow<typeof readColumns>;
type FoldRow = TableRow<typeof foldColumns>;

/**
 * Splits the train rows into a blind slice and folds (see spreadGroups) and says which models may train on each row:
 * folds.parquet of @nacre/contracts/tables, train rows first, then the extra sources, each in its order.
 *
 * An extra row is held out of the folds whose dev rows share its prompt, and of all folds where a blind row does, or
 * where its pair (either order) already stands in train or in an earlier extra row: that copy is the one kept.
 * Prompts hold extra rows out under group_by: none as well.
 *
 * @returns the counts in counts.json: train_rows, train_prompts, blind_rows, extra_rows, extra_duplicates (of a pair in
 * train or earlier extra), extra_held_out_of_some, extra_held_out_of_all, and fold_<fold>_rows, fold_<fold>_<label>.
 * @throws InvalidData when there are too few groups for the folds or for the blind slice.
 */
export async function assignFolds(
  parameters: FoldParameters,
  { train, extra, folder, signal }: FoldPlaces,
): Promise<Record<string, number>> {
  const read = (from: string): Promise<Row[]> =>
    readTable(join(from, COMPARISONS_FILE), readColumns, { signal });
  const trainRows = await read(train);
  const trainFolds = splitTrain(trainRows, parameters);
  const extraRows: Row[] = [];
  for (const from of extra) extraRows.push(...(await read(from)));
  const { folds: extraFolds, duplicates } = holdOutExtra(extraRows, trainRows, trainFolds, parameters.count);

  await mkdir(folder, { recursive: true });
  await writeTable(join(folder, FOLDS_FILE), foldColumns, [...trainFolds, ...extraFolds], signal);
  const counts = {
    ...countTrain(trainFolds, parameters),
    extra_rows: extraFolds.length,
    extra_duplicates: duplicates,
    extra_held_out_of_some: extraFolds.filter(
      ({ held_out_of: { length } }) => length > 0 && length < parameters.count,
    ).length,
    extra_held_out_of_all: extraFolds.filter(({ held_out_of: { length } }) => length === parameters.count)
      .length,
  };
  await writeFile(join(folder, COUNTS_FILE), `${canonicalJson(counts)}\n`);
  return counts;
}

function splitTrain(
  rows: readonly Row[],
  { count, seed, group_by, blind_fraction, labels }: FoldParameters,
): FoldRow[] {
  const groupOf = (row: Row) => (group_by === 'exact_prompt' ? row.prompt_group : row.example_id);
  const groups = new Map<string, number[]>();
  for (const row of rows) {
    const counts = groups.get(groupOf(row)) ?? labels.map(() => 0);
    const index = (labels as readonly string[]).indexOf(row.label);
    counts[index] = (counts[index] ?? 0) + 1;
    groups.set(groupOf(row), counts);
  }
  const parts = spreadGroups(
    Array.from(groups, ([key, counts]): RowGroup => ({ key, counts })),
    { count, seed, blindFraction: blind_fraction },
  );
  const used = new Set(parts.values());
  const place = `${rows[0]?.source ?? 'train'}: ${rows.length} rows with ${groups.size} different prompts`;
  if (blind_fraction > 0 && !used.has(BLIND)) {
    throw new InvalidData(`${place} leave no blind slice; raise folds.blind_fraction or set it to 0`);
  }
  if (Array.from({ length: count }, (_, fold) => fold).some((fold) => !used.has(fold))) {
    throw new InvalidData(`${place} do not fill ${count} folds; lower folds.count or give more rows`);
  }
  return rows.map((row) => {
    const fold = parts.get(groupOf(row)) ?? BLIND;
    const blind = fold === BLIND;
    return foldRow(row, { fold, blind, held_out_of: blind ? allFolds(count) : [fold] });
  });
}

function holdOutExtra(
  extraRows: readonly Row[],
  trainRows: readonly Row[],
  trainFolds: readonly FoldRow[],
  count: number,
): { folds: FoldRow[]; duplicates: number } {
  const pairs = new Set(trainRows.map((row) => row.pair_group));
  const heldOut = new Map<string, Set<number>>();
  for (const row of trainFolds) {
    const folds = heldOut.get(row.prompt_group) ?? new Set();
    for (const fold of row.held_out_of) folds.add(fold);
    heldOut.set(row.prompt_group, folds);
  }
  let duplicates = 0;
  const folds = extraRows.map((row) => {
    const duplicate = pairs.has(row.pair_group);
    pairs.add(row.pair_group);
    if (duplicate) duplicates += 1;
    const sharing = [...(heldOut.get(row.prompt_group) ?? [])].sort((left, right) => left - right);
    return foldRow(row, { fold: BLIND, blind: false, held_out_of: duplicate ? allFolds(count) : sharing });
  });
  return { folds, duplicates };
}

function foldRow(row: Row, place: Pick<FoldRow, 'fold' | 'blind' | 'held_out_of'>): FoldRow {
  const { example_id, source, label, prompt_group } = row;
  return { example_id, source, label, prompt_group, ...place };
}

function allFolds(count: number): number[] {
  return Array.from({ length: count }, (_, fold) => fold);
}

function countTrain(rows: readonly FoldRow[], { count, labels }: FoldParameters): Record<string, number> {
  const counts: Record<string, number> = {
    train_rows: rows.length,
    train_prompts: new Set(rows.map((row) => row.prompt_group)).size,
    blind_rows: rows.filter((row) => row.blind).length,
  };
  for (const fold of allFolds(count)) {
    const dev = rows.filter((row) => row.fold === fold);
    counts[`fold_${fold}_rows`] = dev.length;
    for (const label of labels)
      counts[`fold_${fold}_${label}`] = dev.filter((row) => row.label === label).length;
  }
  return counts;
}
