import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { installation } from '@nacre/activities';
import { openStore } from '@nacre/artifact-store';
import { resolveRecipe, type Recipe, type RecipeInput } from '@nacre/contracts/recipe';
import { FOLDS_FILE } from '@nacre/contracts/tables';
import { readTable } from '@nacre/data';
import { expectedLosses } from '@nacre/metrics';
import { assignFolds, prepareSource, synthesizeSource } from '@nacre/stages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshRows, type FreshRows } from './fresh-rows.mjs';
import { LocalStages } from './local-stages.mjs';
import { textBaselines, type TextBaseline } from './text-baselines.mjs';

const labels: Recipe['labels'] = ['model_a', 'model_b', 'tie'];
const tiny = { tiny: { family: 'llama', seed: 1, warm_up: { on: 'text', steps: 1 } } } as const;
const written: RecipeInput = {
  nacre: 1,
  name: 'baselines',
  data: { train: { synthetic: { rows: 800, seed: 31 } }, test: { synthetic: { rows: 10, seed: 32 } } },
  models: { small: tiny },
  teachers: {},
  student: { base: 'small' },
};
const recipe = resolveRecipe(written);
const here = installation(process.env, 'unknown');
const never = new AbortController().signal;

let folder = '';
let stages: LocalStages;
let train = '';
let folds = '';
let fresh: FreshRows;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nacre-baselines-'));
  stages = new LocalStages({
    folder,
    store: openStore({ bucket: 'none', prefix: 'none', region: 'none', endpoint: 'http://127.0.0.1:9' }),
    tasks: () => Promise.reject(new Error('no Python task is needed here')),
    recipe,
    signal: never,
  });
  const drawn = { rows: 800, seed: 31, votes: 'drawn', use: 'train', labels } as const;
  const source = await stages.run(synthesizeSource, 'synthesize/train', drawn, {});
  const description = {
    name: 'train',
    format: 'arena_csv',
    file_type: 'csv',
    use: 'train',
    columns: null,
  } as const;
  train = await stages.run(prepareSource, 'prepare/train', { ...description, labels }, { source });
  folds = await stages.run(assignFolds, 'folds', foldsWith(0.2), { train });
  fresh = await freshRows(stages, recipe, { rows: 500, seed: 33 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('fresh rows', () => {
  it('are what is asked for, each with a distribution', () => {
    expect(new Set(fresh.truth.map(({ example_id }) => example_id)).size).toBe(500);
    for (const { probabilities } of fresh.truth) {
      expect(probabilities.reduce((sum, share) => sum + share)).toBeCloseTo(1, 9);
    }
  });

  it('are drawn once, however often they are asked for', async () => {
    expect((await freshRows(stages, recipe, { rows: 500, seed: 33 })).comparisons).toBe(fresh.comparisons);
  });

  it('are refused with the seed of a source, and for a run on real votes', async () => {
    await expect(freshRows(stages, recipe, { rows: 5, seed: 31 })).rejects.toThrow(
      '--seed 31 is that of data.train',
    );
    const real = resolveRecipe({
      ...written,
      data: { ...written.data, train: { path: 's3://bucket/train.csv' } },
    });
    await expect(freshRows(stages, real, { rows: 5, seed: 34 })).rejects.toThrow(
      'data.train is not synthetic',
    );
  });
});

describe('regressions on text', { timeout: 60_000 }, () => {
  let predicted: Awaited<ReturnType<typeof textBaselines>>;
  const input = () => ({ labels, fitted: [train], folds, fresh: fresh.comparisons, folder, signal: never });
  const loss = (baseline: TextBaseline) =>
    mean(expectedLosses(fresh.truth, predicted.get(baseline) ?? [], baseline));
  beforeAll(async () => {
    predicted = await textBaselines(here, input());
  }, 60_000);

  it('learn nothing from lengths, and something from words, in this arena', async () => {
    const votes = await readTable(join(folds, FOLDS_FILE), { label: 'VARCHAR', fold: 'INTEGER' });
    const counted = votes.filter(({ fold }) => fold >= 0);
    const probabilities = labels.map(
      (label) => counted.filter((row) => row.label === label).length / counted.length,
    );
    const prior = mean(
      expectedLosses(
        fresh.truth,
        fresh.truth.map((row) => ({ ...row, probabilities })),
        'prior',
      ),
    );
    expect(Math.abs(loss('length_only') - prior)).toBeLessThan(0.02);
    expect(loss('bag_of_words')).toBeLessThan(prior - 0.03);
  });

  it('answer with distributions that exchange with the answers', () => {
    const rows = predicted.get('bag_of_words') ?? [];
    expect(rows).toHaveLength(500);
    for (const { probabilities } of rows)
      expect(probabilities.reduce((sum, share) => sum + share)).toBeCloseTo(1, 9);
    // Who stands first says nothing: over many rows both places win equally often.
    const lead = mean(Float64Array.from(rows, ({ probabilities: [a = 0, b = 0] }) => a - b));
    expect(Math.abs(lead)).toBeLessThan(0.05);
  });

  it('leave blind rows out: with other blind rows they are others', async () => {
    const halfBlind = await stages.run(assignFolds, 'folds', foldsWith(0.5), { train });
    const others = await textBaselines(here, { ...input(), folds: halfBlind });
    expect(others.get('bag_of_words')).not.toEqual(predicted.get('bag_of_words'));
  });

  it('fail in the words of the script', async () => {
    await expect(textBaselines(here, { ...input(), fitted: [] })).rejects.toThrow('required: --fit');
  });
});

function foldsWith(blind_fraction: number) {
  return { count: 2, seed: 1, group_by: 'exact_prompt', blind_fraction, labels } as const;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
