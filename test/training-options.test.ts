import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { installation, taskRunner, WarmStarter } from '@nacre/activities';
import { openStore } from '@nacre/artifact-store';
import { historySchema, measurementSchema } from '@nacre/contracts/measurement';
import { resolveRecipe } from '@nacre/contracts/recipe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { FolderPlant, type FolderRun } from './support/folder-plant.js';
import { tierServers } from './support/tier-servers.js';

/** Options that change which trainings there are, together: nothing else runs them from votes to a submission. */
const recipe = resolveRecipe({
  nacre: 1,
  name: 'options',
  data: {
    train: { synthetic: { rows: 48, seed: 31 } },
    extra: { synthetic: { rows: 12, seed: 32 } },
    test: { synthetic: { rows: 6, seed: 33 } },
  },
  folds: { count: 2, blind_fraction: 0.25 },
  prompt: { max_tokens: 128 },
  models: {
    llama: {
      tiny: {
        ...{ family: 'llama', hidden_size: 32, intermediate_size: 32, num_hidden_layers: 1 },
        ...{ num_attention_heads: 2, num_key_value_heads: 1, vocab_size: 512 },
        warm_up: { rows: 24, steps: 2, batch: 8 },
      },
    },
  },
  training: {
    ...{ adapter: { rank: 4, alpha: 8 }, global_batch: 8, dtype: 'float32' },
    ...{ swap_answers: 'alternate', head: { init: 'lm_head_tokens' } },
  },
  teachers: { llama: { learning_rate: 1e-3, selection: 'ema' } },
  student: {
    ...{ base: 'llama', fit: { full_seeds: 2 }, selection: 'ema' },
    stages: [
      { data: ['extra'], targets: 'teachers', epochs: 1, learning_rate: 1e-3 },
      { data: ['train', 'extra'], epochs: 2, learning_rate: 1e-3 },
    ],
  },
  quantize: { group_size: 32, calibration_rows: 8 },
  predict: { max_tokens: 128 },
  run: { pools: { gpu: { device: 'cpu' } } },
});

let folder: string;
let starter: WarmStarter;
let run: FolderRun;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nacre-options-'));
  const here = installation(process.env, 'unknown');
  starter = new WarmStarter(here, process.env, () => undefined);
  const tasks = taskRunner({ installation: here, environment: process.env, onCpu: starter, onGpu: starter });
  const { endpoint, bucket, region, accessKeyId, secretAccessKey } = (await tierServers()).s3;
  const credentials = { accessKeyId, secretAccessKey };
  const store = openStore({ endpoint, bucket, region, prefix: `options-${randomUUID()}`, credentials });
  run = await new FolderPlant({ folder, sources: folder, tasks, store }).run(recipe, false);
});
afterAll(async () => {
  await starter.close();
  await rm(folder, { recursive: true, force: true });
});

const documentOf = async (stage: string, file: string): Promise<unknown> =>
  JSON.parse(await readFile(join(run.folders.get(stage) ?? '', file), 'utf8')) as unknown;
const historyOf = async (stage: string) =>
  historySchema.parse(await documentOf(stage, 'history.json')).steps.map(({ rows }) => rows);
const sum = (numbers: readonly number[]) => numbers.reduce((left, right) => left + right, 0);

describe('a student of two stages, fitted twice on all rows in orders of their own', () => {
  it('goes from votes to a submission', () => {
    expect([...run.contents.keys()]).toEqual(expect.arrayContaining(['quantize', 'measure', 'submit']));
  });

  it('shows each row once an epoch: the twelve extra ones first, then all but the blind ones twice', async () => {
    const teacher = sum(await historyOf('teacher/llama/full'));
    for (const student of ['student/full-0', 'student/full-1']) {
      expect(sum(await historyOf(`${student}/stage-1`))).toBe(12);
      expect(sum(await historyOf(student))).toBe(2 * teacher);
    }
    expect(teacher).toBeGreaterThan(36);
    expect(teacher).toBeLessThan(60);
  });

  it('merges two students of the same rows that are not the same', async () => {
    expect(run.contents.get('student/full-0')).not.toBe(run.contents.get('student/full-1'));
    expect(await documentOf('merge', 'adapter_config.json')).toMatchObject({ r: 8 });
  });

  it('is measured on blind rows alone', async () => {
    const { folds, waterfall } = measurementSchema.parse(await documentOf('measure', 'measurement.json'));
    expect(folds).toEqual([]);
    expect(waterfall.map(({ step }) => step)).toEqual(['prior', 'merged', 'quantized', 'both_orders']);
    expect(waterfall.every(({ blind }) => blind !== null)).toBe(true);
  });
});
