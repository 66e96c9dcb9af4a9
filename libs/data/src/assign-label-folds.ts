import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '@nacre/contracts/artifact';
import type { Labels, Recipe } from '@nacre/contracts/recipe';
import {
  COUNTS_FILE,
  foldColumns,
  FOLDS_FILE,
  LABEL_FOLDS_FILE,
  labelFoldColumns,
} from '@nacre/contracts/tables';

import { readTable } from './read-table.js';
import { spreadGroups } from './spread-groups.js';
import type { TableRow } from './table-columns.js';
import { writeTable } from './write-table.js';

export type LabelFoldParameters = Pick<Recipe['folds'], 'count' | 'seed'> & { readonly labels: Labels };

export interface LabelFoldPlaces {
  /** Folder of folds.parquet. */
  readonly folds: string;
  /** Folder that gets label-folds.parquet and counts.json. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

type Row = TableRow<typeof foldColumns, 'label'>;

/** The label fold of a row that no model trains on: blind rows and second copies of a pair. */
const NONE = -1;

/**
 * Gives every row the fold whose teachers hold it out and may therefore label it: label-folds.parquet of
 * @nacre/contracts/tables, in the order of folds.parquet. A train row has its dev fold. An extra row that is held out
 * of folds has the first of them; the others are dealt by whole prompts, each fold its share of every label, so that
 * no teacher labels a row whose prompt it has seen.
 *
 * @returns the counts in counts.json: rows_without_label_fold, and fold_<fold>_labelled_rows.
 */
export async function assignLabelFolds(
  { count, seed, labels }: LabelFoldParameters,
  { folds, folder, signal }: LabelFoldPlaces,
): Promise<Record<string, number>> {
  const rows: Row[] = await readTable(join(folds, FOLDS_FILE), foldColumns, { nullable: ['label'], signal });
  const dealt = await spreadGroups(freePrompts(rows, labels), { count, seed, blindFraction: 0 });
  const assigned = rows.map((row) => ({
    example_id: row.example_id,
    label_fold: labelFold(row, count) ?? dealt.get(row.prompt_group) ?? NONE,
    score_fold: row.fold,
  }));
  await mkdir(folder, { recursive: true });
  await writeTable(join(folder, LABEL_FOLDS_FILE), labelFoldColumns, assigned, signal);
  const of = (fold: number) => assigned.filter(({ label_fold }) => label_fold === fold).length;
  const counts = {
    rows_without_label_fold: of(NONE),
    ...Object.fromEntries(
      Array.from({ length: count }, (_, fold) => [`fold_${fold}_labelled_rows`, of(fold)]),
    ),
  };
  await writeFile(join(folder, COUNTS_FILE), `${canonicalJson(counts)}\n`);
  return counts;
}

/** The label fold that the folds decide; undefined for a row that every fold trains on. */
function labelFold({ fold, blind, held_out_of }: Row, count: number): number | undefined {
  if (blind || held_out_of.length === count) return NONE;
  return fold === NONE ? held_out_of[0] : fold;
}

/** Prompts of the rows that every fold trains on, with how many of them have each label. */
function freePrompts(rows: readonly Row[], labels: Labels) {
  const groups = new Map<string, number[]>();
  for (const row of rows) {
    if (row.blind || row.held_out_of.length > 0) continue;
    const counts = groups.get(row.prompt_group) ?? labels.map(() => 0);
    const index = (labels as readonly (string | null)[]).indexOf(row.label);
    counts[index] = (counts[index] ?? 0) + 1;
    groups.set(row.prompt_group, counts);
  }
  return Array.from(groups, ([key, counts]) => ({ key, counts }));
}
