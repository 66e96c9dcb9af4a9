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

import { eachRow } from './each-row.js';
import { NearDuplicates, type NearGroups } from './near-duplicates.js';
import { Pace } from './pace.js';
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

const { example_id, source, label, prompt, prompt_group, pair_group } = comparisonColumns;
const readColumns = { example_id, source, label, prompt, prompt_group, pair_group };
type Row = Omit<TableRow<typeof readColumns>, 'prompt'>;
type FoldRow = TableRow<typeof foldColumns>;

/**
 * Splits the train rows into a blind slice and folds (see spreadGroups) and says which models may train on each row:
 * folds.parquet of @nacre/contracts/tables, train rows first, then the extra sources, each in its order.
 *
 * An extra row is held out of the folds whose dev rows share its prompt, and of all folds where a blind row does, or
 * where its pair (either order) already stands in train or in an earlier extra row: that copy is the one kept.
 * Prompts hold extra rows out under group_by: none as well. Under group_by: near_duplicate_prompt the prompt of a row
 * is the group of its near-duplicates among train and extra prompts (see NearDuplicates), in folds.parquet too.
 *
 * @returns the counts in counts.json: train_rows, train_prompts, blind_rows, extra_rows, extra_duplicates (of a pair in
 * train or earlier extra), extra_held_out_of_some, extra_held_out_of_all, and fold_<fold>_rows, fold_<fold>_<label>;
 * where near-duplicates were asked for, near_duplicate_prompts (that share a group with another), split_components and
 * split_component_rows (too large to be one group).
 * @throws InvalidData when there are too few groups for the folds or for the blind slice.
 */
export async function assignFolds(
  parameters: FoldParameters,
  { train, extra, folder, signal }: FoldPlaces,
): Promise<Record<string, number>> {
  const near = parameters.group_by === 'near_duplicate_prompt' ? new NearDuplicates(signal) : undefined;
  const read = async (from: readonly string[]): Promise<Row[]> => {
    const rows: Row[] = [];
    for (const folder of from) {
      const take = ({ prompt: turns, ...row }: TableRow<typeof readColumns>) => {
        near?.add(row.prompt_group, turns);
        rows.push(row);
      };
      await eachRow(join(folder, COMPARISONS_FILE), readColumns, take, { signal });
    }
    return rows;
  };
  const pace = new Pace(signal);
  const exact = { train: await read([train]), extra: await read(extra) };
  const groups = await near?.groups();
  const grouped = (rows: readonly Row[]): readonly Row[] =>
    groups === undefined ? rows : rows.map((row) => ({ ...row, prompt_group: groups.of(row.prompt_group) }));
  const [trainRows, extraRows] = [grouped(exact.train), grouped(exact.extra)];
  await pace.rest();
  const trainFolds = await splitTrain(trainRows, parameters, signal);
  await pace.rest();
  const { folds: extraFolds, duplicates } = holdOutExtra(extraRows, trainRows, trainFolds, parameters.count);

  await mkdir(folder, { recursive: true });
  await writeTable(join(folder, FOLDS_FILE), foldColumns, [...trainFolds, ...extraFolds], signal);
  await pace.rest();
  const counts = {
    ...(groups === undefined ? {} : countNear(groups)),
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

async function splitTrain(
  rows: readonly Row[],
  { count, seed, group_by, blind_fraction, labels }: FoldParameters,
  signal: AbortSignal | undefined,
): Promise<FoldRow[]> {
  const groupOf = (row: Row) => (group_by === 'none' ? row.example_id : row.prompt_group);
  const groups = new Map<string, number[]>();
  for (const row of rows) {
    const counts = groups.get(groupOf(row)) ?? labels.map(() => 0);
    const index = (labels as readonly string[]).indexOf(row.label);
    counts[index] = (counts[index] ?? 0) + 1;
    groups.set(groupOf(row), counts);
  }
  const parts = await spreadGroups(
    Array.from(groups, ([key, counts]): RowGroup => ({ key, counts })),
    { count, seed, blindFraction: blind_fraction, signal },
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

function countNear({ prompts, split }: NearGroups): Record<string, number> {
  return {
    near_duplicate_prompts: prompts,
    split_components: split.length,
    split_component_rows: split.reduce((sum, { rows }) => sum + rows, 0),
  };
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
