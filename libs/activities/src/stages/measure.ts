import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '@nacre/contracts/artifact';
import { ContractViolation } from '@nacre/contracts/errors';
import type { Labels } from '@nacre/contracts/recipe';
import { FOLDS_FILE, MEASUREMENT_FILE } from '@nacre/contracts/tables';
import { readTable } from '@nacre/data';
import { measure as measureRun, type FoldLogits, type FoldRow, type LogitRow } from '@nacre/metrics';
import { measure as definition } from '@nacre/stages';

import {
  inputFolder,
  nodeEnvironment,
  type StageContext,
  type StageImplementation,
} from '../stage-context.js';
import { readLogits } from './read-logits.js';

/**
 * Every reported number, from the logits of the run. Inputs are named by what made them:
 * `<role>.<model>.<fold>`, `merged`, `quantized`; a fold that was skipped is absent.
 */
export const measure: StageImplementation = async (context) => {
  const { labels, folds } = definition.parameters.parse(context.call.parameters);
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
  const measurement = measureRun({
    labels,
    rows: rows as FoldRow[],
    models: await foldLogits(context, labels, folds),
    merged: await logitsOf(context, 'merged', labels),
    quantized: await logitsOf(context, 'quantized', labels),
  });
  await writeFile(join(context.output, MEASUREMENT_FILE), canonicalJson(measurement));
  const last = measurement.waterfall.findLast(({ blind }) => blind !== null)?.blind;
  return {
    metrics: last === null || last === undefined ? {} : { log_loss: last.log_loss },
    environment: nodeEnvironment,
  };
};

async function foldLogits(context: StageContext, labels: Labels, folds: number): Promise<FoldLogits[]> {
  const found: FoldLogits[] = [];
  const models = new Map<string, { role: FoldLogits['role']; model: string }>();
  for (const input of Object.keys(context.inputs)) {
    const [, role, model] = /^(teacher|student|student_alone)\.(.+)\.\d+$/.exec(input) ?? [];
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
