import { join } from 'node:path';

import { ContractViolation } from '@nacre/contracts/errors';
import type { Labels } from '@nacre/contracts/recipe';
import { FOLDS_FILE } from '@nacre/contracts/tables';
import { answerLengths, readTable } from '@nacre/data';
import type { FoldLogits, FoldRow, LogitRow, MeasurementInput } from '@nacre/metrics';

import { inputFolder, type StageContext } from '../stage-context.js';
import { readLogits } from './read-logits.js';

/** What a stage that measures is asked. */
interface Measured {
  readonly labels: Labels;
  /** Folds of the recipe, skipped ones included. */
  readonly folds: number;
  readonly gates: MeasurementInput['gates'];
}

/**
 * Everything that the numbers of a run are computed from, from the inputs of a stage. They are named by what made
 * them: `<role>.<model>.<fold>`, `merged`, `round_to_nearest`, `quantized`; what was skipped is absent. `comparisons`,
 * the prepared train rows, are read for the lengths of the answers.
 *
 * @throws ContractViolation naming a row of the folds without a label of the recipe
 */
export async function readMeasurementInput(
  context: StageContext,
  { labels, folds, gates }: Measured,
): Promise<MeasurementInput> {
  const rows = await readTable(
    join(inputFolder(context, 'folds'), FOLDS_FILE),
    { example_id: 'VARCHAR', label: 'VARCHAR', prompt_group: 'VARCHAR', fold: 'INTEGER', blind: 'BOOLEAN' },
    { nullable: ['label'], signal: context.signal },
  );
  const known = new Set<string>(labels);
  const unknown = rows.find(({ label }) => label === null || !known.has(label));
  if (unknown !== undefined) {
    throw new ContractViolation(`folds.parquet: ${unknown.example_id} has no label of ${labels.join(', ')}`);
  }
  const comparisons = context.inputs['comparisons'];
  return {
    labels,
    rows: rows as FoldRow[],
    models: await foldLogits(context, labels, folds),
    merged: await logitsOf(context, 'merged', labels),
    roundToNearest: await logitsOf(context, 'round_to_nearest', labels),
    quantized: await logitsOf(context, 'quantized', labels),
    lengths: comparisons === undefined ? null : await answerLengths(comparisons, context.signal),
    gates,
  };
}

async function foldLogits(context: StageContext, labels: Labels, folds: number): Promise<FoldLogits[]> {
  const found: FoldLogits[] = [];
  const models = new Map<string, { role: FoldLogits['role']; model: string }>();
  for (const input of Object.keys(context.inputs)) {
    const [, role, model] =
      /^(teacher|student|student_alone|permuted_teachers)\.(.+)\.\d+$/.exec(input) ?? [];
    if (role !== undefined && model !== undefined) {
      models.set(`${role}.${model}`, { role: role as FoldLogits['role'], model });
    }
  }
  for (const [prefix, { role, model }] of models) {
    for (let fold = 0; fold < folds; fold += 1) {
      found.push({ role, model, fold, rows: await logitsOf(context, `${prefix}.${String(fold)}`, labels) });
    }
  }
  return found;
}

async function logitsOf(context: StageContext, input: string, labels: Labels): Promise<LogitRow[] | null> {
  const folder = context.inputs[input];
  return folder === undefined ? null : readLogits(folder, labels, context.signal);
}
