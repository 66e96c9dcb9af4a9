import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PutObjectCommand } from '@aws-sdk/client-s3';
import { listCheckpoints, openStore, type ArtifactStore } from '@nacre/artifact-store';
import { NodeLost, TrainerStopped } from '@nacre/contracts/errors';
import { exportLogits } from '@nacre/stages';
import { afterAll, beforeEach, expect, test } from 'vitest';

import type { StageContext } from '../stage-context.js';
import { testStoreOf } from '../testing/test-store-of.js';
import { taskRunner } from './run-task.js';
import { playedStage } from './testing/played-stage.js';
import { installTasks } from './testing/task-modules.js';
import { WarmStarter } from './warm-starter.js';

const folder = mkdtempSync(join(tmpdir(), 'nacre-checkpoints-'));
const installation = installTasks(folder);
const environment = { PATH: process.env['PATH'], HOME: folder };
const warm = new WarmStarter(installation, environment, () => undefined);
const told: string[] = [];
const run = taskRunner({
  installation,
  environment,
  onCpu: warm,
  onGpu: warm,
  log: (line) => told.push(line),
});

afterAll(async () => {
  await warm.close();
  rmSync(folder, { recursive: true, force: true });
});

let store: ArtifactStore;
let durable: number[];
beforeEach(() => {
  store = testStoreOf(randomUUID());
  durable = [];
  told.length = 0;
});

const parameters = {
  labels: ['model_a', 'model_b', 'tie'],
  role: 'teacher',
  fold: 0,
  epochs: 1,
  learning_rate: 0.1,
  warmup_steps: 0,
  weight_decay: 0,
  max_gradient_norm: 1,
  global_batch: 2,
  adapter: { rank: 1, alpha: 1, dropout: 0 },
  swap_answers: 'none',
  seed: 1,
  dtype: 'float32',
  teachers: [],
  losses: { cross_entropy: 1, kl: 0, cosine: 0, temperature: 1 },
};

interface Training {
  readonly steps?: number;
  readonly pause?: number;
  readonly term?: number;
  readonly every?: string;
  readonly signal?: AbortSignal;
  readonly seed?: number;
}

/** A training that counts its steps; it keeps a checkpoint every 100 ms unless a test says otherwise. */
function training({ steps = 3000, pause = 0.02, term = 1, every = '100ms', ...rest }: Training) {
  const played = playedStage(folder, `train/${steps}/${pause}`, {
    execution: { checkpoint_every: every },
    ...(rest.signal === undefined ? {} : { signal: rest.signal }),
  });
  const call = {
    ...played.call,
    kind: 'train_teacher',
    parameters: { ...parameters, seed: rest.seed ?? 1 },
  };
  const context: StageContext = Object.defineProperties(played, {
    store: { value: store, configurable: true },
    term: { value: term },
    call: { value: call },
    durable: {
      value: ({ step }: { step: number }) => {
        durable.push(step);
        return Promise.resolve();
      },
    },
  });
  return { context, beats: played.beats };
}

const keyOf = (context: StageContext) => context.call.key;

/** A training that is killed by its node once the store has two of its checkpoints. */
async function killedOnce(): Promise<StageContext> {
  const { context } = training({});
  const ended = expect(run('train', context)).rejects.toThrow(NodeLost);
  await expect.poll(() => durable.length, { timeout: 30_000 }).toBeGreaterThan(1);
  writeFileSync(join(context.work, 'kill'), '');
  await ended;
  return context;
}

test('a training that was killed goes on from its newest checkpoint in the store', async () => {
  const killed = await killedOnce();
  const newest = durable.at(-1);
  expect((await listCheckpoints(store, keyOf(killed))).map(({ step }) => step)).toEqual(
    durable.slice(-2).reverse(),
  );
  const { context, beats } = training({ term: 2, pause: 0 });
  const { metrics } = await run('train', context);
  expect(metrics).toEqual({ first: newest, weight: 3000 });
  expect(beats).toContainEqual({ durable_step: newest });
  expect(readFileSync(join(context.output, 'weight.txt'), 'utf8')).toBe('3000.0');
});

test('of a damaged newest checkpoint the reason is told, and the older one is used', async () => {
  const killed = await killedOnce();
  const [newest, older] = await listCheckpoints(store, keyOf(killed));
  await store.client.send(
    new PutObjectCommand({
      Bucket: store.bucket,
      Key: `${newest?.key_prefix ?? ''}optimizer.safetensors`,
      Body: 'short',
    }),
  );
  const { metrics } = await run('train', training({ term: 2, pause: 0 }).context);
  expect(metrics['first']).toBe(older?.step);
  expect(told.join('\n')).toMatch(/optimizer.safetensors has 5 bytes.* An older one is used/);
});

test('a checkpoint of other parameters is refused by the task itself, which then begins anew', async () => {
  await killedOnce();
  const { metrics } = await run('train', training({ term: 2, pause: 0, seed: 2 }).context);
  expect(metrics['first']).toBe(0);
  expect(told.join('\n')).toMatch(/parameters\.seed/);
});

test('a training that is told to stop has its last checkpoint in the store when it ends', async () => {
  const stopping = new AbortController();
  const { context, beats } = training({ every: '1h', signal: stopping.signal });
  const ended = run('train', context);
  await expect.poll(() => beats.some(({ done }) => (done ?? 0) > 3), { timeout: 60_000 }).toBe(true);
  stopping.abort(new Error('told to'));
  await expect(ended).rejects.toThrow(TrainerStopped);
  expect(durable).toHaveLength(1);
  expect((await listCheckpoints(store, keyOf(context)))[0]?.step).toBe(durable[0]);
});

test('a store that takes no checkpoint does not stop a training', async () => {
  const { context } = training({ steps: 40 });
  const dead = openStore({ bucket: 'none', prefix: 'none', region: 'none', endpoint: 'http://127.0.0.1:9' });
  let asked = 0;
  Object.defineProperty(context, 'store', { get: () => (asked++ === 0 ? store : dead) });
  const { metrics } = await run('train', context);
  expect(metrics).toEqual({ first: 0, weight: 40 });
  expect(durable).toEqual([]);
});

test('an export that was killed goes on from its newest shards in the store, whatever the interval of checkpoints', async () => {
  const exporting = (term: number, pause: number): StageContext => {
    const played = playedStage(folder, `export/40/${pause}`, { execution: { checkpoint_every: '1h' } });
    const prompt = { template: 'compact', max_tokens: 64, truncation: 'per_field' };
    const { kind, version } = exportLogits;
    const asked = { labels: parameters.labels, rows: 'all', fold: null, prompt, dtype: 'float32' };
    return Object.defineProperties(played, {
      store: { value: store },
      term: { value: term },
      call: { value: { ...played.call, kind, version, parameters: asked } },
      durable: { value: ({ step }: { step: number }) => Promise.resolve(durable.push(step)) },
    });
  };
  const killed = exporting(1, 0.1);
  const ended = expect(run('export-logits', killed)).rejects.toThrow(NodeLost);
  await expect.poll(() => durable.length, { timeout: 30_000 }).toBeGreaterThan(1);
  writeFileSync(join(killed.work, 'kill'), '');
  await ended;
  const newest = durable.at(-1);
  const again = exporting(2, 0);
  expect((await run('export-logits', again)).metrics).toEqual({ first: newest });
  expect(readdirSync(again.output)).toHaveLength(40);
});
