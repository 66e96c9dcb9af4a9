import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { FOLDS_FILE, foldColumns } from '@nacre/contracts/tables';
import { assignFolds, checkLeaks, readTable, type FoldParameters, type LeakPlaces } from '@nacre/data';

import { watchedStep, type StepCost } from '../measure-data/watched-step.mjs';
import { leakedRow, writePlantedSets, type SourceName } from './planted-sets.mjs';

export interface GateStep extends StepCost {
  readonly step: string;
  readonly rows: number;
  /** Seconds that processors worked for it, of this process, DuckDB's thread among them. */
  readonly processorSeconds: number;
}

export interface PlantedGate {
  /** Copies that stand in test, of train or blind, of extra and of post-pretraining rows that something trains on. */
  readonly planted: readonly [number, number, number];
  /** Rows of test that the gate called red for each. */
  readonly red: readonly [number, number, number];
  readonly steps: readonly GateStep[];
  /** Milliseconds from an abort well before the gate's end to its rejection. */
  readonly stoppedAfter: number;
}

const FOLDS = 5;
const labels: FoldParameters['labels'] = ['model_a', 'model_b', 'tie'];

/** Folds and the leak gate on planted sets, in a folder of its own: what they find, and what they cost. */
export async function plantedGate(
  rows: Readonly<Record<SourceName, number>>,
  exact: number,
  seed: number,
): Promise<PlantedGate> {
  const folder = await mkdtemp(join(tmpdir(), 'nacre-measure-leaks-'));
  try {
    await writePlantedSets(folder, rows, exact, seed);
    const source = (name: SourceName) => join(folder, name);
    const steps: GateStep[] = [];
    const dealt = rows.train + rows.extra;
    const foldsFolder = join(folder, 'folds-near_duplicate_prompt');
    for (const group_by of ['exact_prompt', 'near_duplicate_prompt'] as const) {
      const cost = await costOf(() =>
        assignFolds(
          { count: FOLDS, seed: 2025, group_by, blind_fraction: 0.05, labels },
          { train: source('train'), extra: [source('extra')], folder: join(folder, `folds-${group_by}`) },
        ),
      );
      steps.push({ ...cost, step: `folds, \`group_by: ${group_by}\``, rows: dealt });
    }
    const places: LeakPlaces = {
      ...{
        train: source('train'),
        extra: [source('extra')],
        postPretrain: source('ut'),
        test: source('test'),
      },
      ...{ foldsFolder, folder: join(folder, 'leaks') },
    };
    const gate = await costOf(() => checkLeaks(places));
    steps.push({ ...gate, step: 'leak gate', rows: dealt + rows.ut + rows.test });
    const of = (name: string): number => gate.result[name] ?? 0;
    return {
      planted: [exact, exact - (await heldOut(foldsFolder, exact)), exact],
      red: [
        of('pair_test_train') + of('pair_test_blind'),
        of('pair_test_extra'),
        of('pair_test_post_pretrain'),
      ],
      steps,
      stoppedAfter: await stopped(places, gate.seconds * 250),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function costOf<Result>(work: () => Promise<Result>) {
  const before = process.cpuUsage();
  const cost = await watchedStep(work);
  const { user, system } = process.cpuUsage(before);
  return { ...cost, processorSeconds: (user + system) / 1e6 };
}

/** Copied extra rows that no fold trains on, since blind rows share their prompt: they leak into nothing. */
async function heldOut(folder: string, exact: number): Promise<number> {
  const copied = new Set(Array.from({ length: exact }, (_, copy) => `extra:${leakedRow(copy)}`));
  const { example_id, held_out_of } = foldColumns;
  const rows = await readTable(join(folder, FOLDS_FILE), { example_id, held_out_of });
  return rows.filter((row) => copied.has(row.example_id) && row.held_out_of.length === FOLDS).length;
}

async function stopped(places: LeakPlaces, afterMilliseconds: number): Promise<number> {
  const stop = new AbortController();
  let at = 0;
  const timer = setTimeout(() => {
    at = performance.now();
    stop.abort();
  }, afterMilliseconds);
  try {
    await checkLeaks({ ...places, signal: stop.signal });
    throw new Error('the gate had ended before it was aborted');
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return performance.now() - at;
  } finally {
    clearTimeout(timer);
  }
}
