import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { GateFailed, GateUndetermined } from '@nacre/contracts/errors';
import { gateVerdictSchema, measurementSchema } from '@nacre/contracts/measurement';
import { comparisonColumns, foldColumns, logitsFile } from '@nacre/contracts/tables';
import { writeTable } from '@nacre/data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { StageContext } from '../stage-context.js';
import { costGate } from './cost-gate.js';
import { measure } from './measure.js';

const labels = ['model_a', 'model_b', 'tie'] as const;
/** 20 dev rows in each of two folds and 40 blind rows, each a prompt of its own, votes in turn. */
const rows = Array.from({ length: 80 }, (_, index) => ({
  ...{
    example_id: `train:${index}`,
    source: 'train',
    label: labels[index % 3] ?? 'tie',
    prompt_group: `${index}`,
  },
  ...{
    fold: index < 40 ? index % 2 : -1,
    blind: index >= 40,
    held_out_of: index < 40 ? [index % 2] : [0, 1],
  },
}));
const logitColumns = {
  example_id: 'VARCHAR',
  swapped: 'BOOLEAN',
  logit_model_a: 'FLOAT',
  logit_model_b: 'FLOAT',
  logit_tie: 'FLOAT',
} as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nacre-cost-gate-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function place(name: string): Promise<string> {
  await mkdir(join(folder, name), { recursive: true });
  return join(folder, name);
}

/** Logits of a model that gives the vote of row number `index` the probability p(index). */
async function model(
  name: string,
  p: (index: number) => number,
  wanted: (row: (typeof rows)[number]) => boolean,
) {
  const shard = rows.flatMap((row, index) => {
    if (!wanted(row)) return [];
    const logit = (label: string) => Math.log(label === row.label ? p(index) : (1 - p(index)) / 2);
    return [
      {
        ...{ example_id: row.example_id, swapped: false },
        ...{ logit_model_a: logit('model_a'), logit_model_b: logit('model_b'), logit_tie: logit('tie') },
      },
    ];
  });
  const made = await place(name);
  await writeTable(join(made, logitsFile(0)), logitColumns, shard);
  return made;
}

/** A run whose students give every vote .6, and whose merged model gives it p(index). */
async function inputs(p: (index: number) => number): Promise<Record<string, string>> {
  const folds = await place('folds');
  await writeTable(join(folds, 'folds.parquet'), foldColumns, rows);
  const student = (fold: number) =>
    model(
      `student-${fold}`,
      () => 0.6,
      (row) => row.blind || row.fold === fold,
    );
  return {
    folds,
    'student.gemma.0': await student(0),
    'student.gemma.1': await student(1),
    merged: await model('merged', p, ({ blind }) => blind),
  };
}

async function context(
  given: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, unknown>>,
): Promise<StageContext> {
  const output = await mkdtemp(join(folder, 'output-'));
  return {
    call: { name: 'gate/merge', parameters: { labels, folds: 2, ...parameters } },
    inputs: given,
    output,
  } as unknown as StageContext;
}

const limit = { gate: 'merge', max_log_loss_rise: 0.05 };

describe('the gate of the merge', () => {
  it('passes a merged model that costs less than the limit, and writes what it measured', async () => {
    const given = await context(await inputs(() => 0.58), { ...limit, otherwise: 'hold' });
    const { metrics } = await costGate(given);
    // ln .6 - ln .58 on every row.
    expect(metrics['log_loss_rise']).toBeCloseTo(Math.log(0.6 / 0.58), 6);
    const verdict = gateVerdictSchema.parse(
      JSON.parse(await readFile(join(given.output, 'gate.json'), 'utf8')),
    );
    expect(verdict).toMatchObject({
      gate: 'merge',
      outcome: 'pass',
      difference: { to: 'single_fold', rows: 40 },
    });
  });

  it('holds one that costs more, and says how to go on anyway', async () => {
    const held = costGate(await context(await inputs(() => 0.5), { ...limit, otherwise: 'hold' }));
    await expect(held).rejects.toThrow(GateFailed);
    await expect(held).rejects.toThrow(
      /^gates\.merge: the merged student is \+0\.1823 log loss against a single fold on 40 blind rows .*: it fails\. To go on anyway, abort and start the recipe with gates\.merge\.otherwise: report/,
    );
  });

  it('holds one of which the rows cannot tell, and says that', async () => {
    const unsure = await inputs((index) => (index % 2 === 0 ? 0.9 : 0.38));
    const held = costGate(await context(unsure, { ...limit, otherwise: 'hold' }));
    await expect(held).rejects.toThrow(GateUndetermined);
    await expect(held).rejects.toThrow(/the interval is too wide to tell/);
  });

  it('lets the run go on with the verdict where the recipe only wants it reported', async () => {
    const given = await context(await inputs(() => 0.5), { ...limit, otherwise: 'report' });
    await costGate(given);
    expect(JSON.parse(await readFile(join(given.output, 'gate.json'), 'utf8'))).toMatchObject({
      outcome: 'fail',
    });
  });

  it('cannot be asked without the model that it watches', async () => {
    const { merged: _merged, ...given } = await inputs(() => 0.5);
    await expect(costGate(await context(given, { ...limit, otherwise: 'report' }))).rejects.toThrow(
      'gates.merge: its models have no logits of blind rows; were they skipped?',
    );
  });
});

describe('the measurement of the same inputs', () => {
  it('holds the gates of the recipe, the permuted control and the lengths of the answers', async () => {
    const given = await inputs(() => 0.5);
    const comparisons = await place('comparisons');
    const answer = (length: number) => ['x'.repeat(length)];
    await writeTable(
      join(comparisons, 'comparisons.parquet'),
      comparisonColumns,
      rows.map(({ example_id, label, prompt_group }, index) => ({
        ...{ example_id, id: String(index), source: 'train', model_a: null, model_b: null, prompt: ['p'] },
        ...{ response_a: answer(index), response_b: answer(40), label, prompt_group, pair_group: example_id },
      })),
    );
    const permuted = await model(
      'permuted',
      () => 0.4,
      ({ blind, fold }) => blind || fold === 0,
    );
    const measured = await context(
      { ...given, comparisons, 'permuted_teachers.gemma.0': permuted },
      { gates: { merge: { max_log_loss_rise: 0.05 } } },
    );
    await measure(measured);
    const found = measurementSchema.parse(
      JSON.parse(await readFile(join(measured.output, 'measurement.json'), 'utf8')),
    );
    expect(found.gates.map(({ gate, outcome }) => [gate, outcome])).toEqual([['merge', 'fail']]);
    expect(found.waterfall.map(({ step }) => step)).toContain('permuted_teachers');
    // Row 40 has answers of one length.
    const merged = found.breakdowns.find(({ step }) => step === 'merged');
    expect(merged?.length_bias?.rows).toBe(39);
  });
});
