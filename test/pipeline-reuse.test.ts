import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Progress } from '@nacre/contracts/run';
import { readManifest } from '@nacre/artifact-store';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { arenaRows, testCsv } from './support/arena-csv.js';
import {
  drillRecipe,
  finishedDrill,
  startedRun,
  submissionOf,
  type FinishedDrill,
} from './support/drill-run.js';
import type { StartedWorker } from './support/started-worker.js';

/** Stages of the drill recipe that the test rows reach. */
const below = ['prepare/test', 'leak-gate', 'tokenize/gemma2-tiny/test', 'predict', 'submit'];
const key = 'inputs/reuse/test.csv';

let drill: FinishedDrill;
let worker: StartedWorker;
beforeAll(async () => {
  drill = await finishedDrill();
  worker = await drill.place.worker();
});
afterAll(async () => {
  await worker.stop();
  await drill.place.close();
});

/** Puts a test file at the one address, runs the drill recipe on it, and answers what became of the stages. */
async function runOn(firstId: number): Promise<{ run: string; progress: Progress }> {
  const { client, bucket } = drill.place.store;
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: testCsv(arenaRows(firstId, 8)) }));
  return again();
}

async function again(): Promise<{ run: string; progress: Progress }> {
  const settings = [
    '--set',
    'data.test.synthetic=null',
    '--set',
    `data.test.path=s3://${drill.place.store.bucket}/${key}`,
  ];
  const { code, stdout, stderr } = await drill.place.nacre('--json', 'start', drillRecipe, ...settings);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const run = startedRun(stdout);
  return { run, progress: await drill.place.progress(run) };
}

const done = ({ stages }: Progress) => stages.filter(({ state }) => state === 'done').map(({ name }) => name);
const notHit = ({ stages }: Progress) =>
  stages.filter(({ state }) => state !== 'hit').map(({ name }) => name);

test('other bytes at the same address: the import and everything below it are made anew, the rest is reused', async () => {
  const first = await runOn(1000);
  expect(done(first.progress).sort()).toEqual(['import/test', ...below].sort());
  const submission = await submissionOf(drill.place, first.run);
  expect(submission.split('\n')[1]).toMatch(/^1000,/);

  const second = await runOn(2000);
  expect(second.run).toBe(first.run);
  expect(notHit(second.progress).sort()).toEqual(['import/test', ...below].sort());
  expect((await submissionOf(drill.place, second.run)).split('\n')[1]).toMatch(/^2000,/);

  const third = await runOn(1000);
  expect(done(third.progress)).toEqual([]);
  expect(await submissionOf(drill.place, third.run)).toBe(submission);
});

test('a stage made again with equal bytes by another run leaves every stage below it a hit', async () => {
  const before = await again();
  const stage = before.progress.stages.find(({ name }) => name === 'prepare/test');
  const { store } = drill.place;
  const manifest = await readManifest(store, stage?.artifact?.manifest_id ?? '');
  const register = `${store.prefix}/stages/prepare_source/${manifest.created_by.stage_key}.json`;
  await store.client.send(new DeleteObjectCommand({ Bucket: store.bucket, Key: register }));

  const after = await again();
  expect(done(after.progress)).toEqual(['prepare/test']);
  const made = after.progress.stages.find(({ name }) => name === 'prepare/test')?.artifact;
  expect(made?.content_id).toBe(stage?.artifact?.content_id);
  expect(made?.manifest_id).not.toBe(stage?.artifact?.manifest_id);
  expect(notHit(after.progress)).toEqual(['prepare/test']);
});
