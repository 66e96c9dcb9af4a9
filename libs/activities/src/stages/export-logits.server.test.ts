import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { readManifest } from '@nacre/artifact-store';
import type { ArtifactReference } from '@nacre/contracts/artifact';
import type { StageCall } from '@nacre/contracts/run';
import { trainTeacher } from '@nacre/stages';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { TaskRunner } from '../stage-context.js';
import { PlayedStagePlace } from '../testing/played-attempt.js';
import { writes } from '../testing/played-tasks.js';

const parameters = {
  labels: ['model_a', 'model_b', 'tie'],
  rows: 'all',
  fold: 0,
  prompt: { template: 'compact', max_tokens: 64, truncation: 'per_field' },
  dtype: 'float32',
};

let place: PlayedStagePlace;
let adapter: ArtifactReference;
beforeEach(async () => {
  place = await PlayedStagePlace.open('export_logits', parameters);
  adapter = await trained('a1', 'weights');
});
afterEach(() => place.close());

const key = (pair: string) => pair.repeat(32);

function trained(pair: string, bytes: string): Promise<ArtifactReference> {
  const { kind, version } = trainTeacher;
  const other = { key: key(pair), kind, version, inputs: {} };
  return place.attempt(writes(bytes), {}, other).ended;
}

/** Exports logits by a task that tells which files of which ledgers it was given. */
async function exported(pair: string, bytes: string, changes: Partial<StageCall> = {}) {
  const given: string[] = [];
  const task: TaskRunner = (name, context) => {
    for (const [input, folder] of Object.entries(context.inputs)) {
      if (!input.startsWith('ledger-')) continue;
      given.push(...readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8')));
    }
    return writes(bytes)(name, context);
  };
  const call = { key: key(pair), inputs: { adapter }, ...changes };
  const reference = await place.attempt(task, {}, call).ended;
  return { given: given.sort(), reference };
}

test('what a model has said is given to later exports of that model, whatever rows they ask for', async () => {
  expect((await exported('b1', 'first')).given).toEqual([]);
  expect((await exported('b2', 'second')).given).toEqual(['first']);
  const other = { parameters: { ...parameters, rows: 'held_out', second_fold: 1 } };
  const { given, reference } = await exported('b3', 'third', other);
  expect(given).toEqual(['first', 'second']);
  // The ledger is no part of what the artifact was made from.
  expect(Object.keys((await readManifest(place.store, reference.manifest_id)).inputs)).toEqual(['adapter']);
});

test('another checkpoint, precision or device is another model', async () => {
  await exported('b1', 'first');
  const retrained = await trained('a2', 'other weights');
  expect((await exported('b2', 'x', { inputs: { adapter: retrained } })).given).toEqual([]);
  expect((await exported('b3', 'y', { inputs: {} })).given).toEqual([]);
  expect((await exported('b4', 'z', { parameters: { ...parameters, dtype: 'bfloat16' } })).given).toEqual([]);
  const execution = { ...place.call.execution, device: 'cuda' as const };
  expect((await exported('b5', 'w', { execution })).given).toEqual([]);
});

test('a stage that is computed afresh is given nothing, and a lost export is no fault', async () => {
  const { reference } = await exported('b1', 'first');
  expect((await exported('b2', 'second', { fresh: true })).given).toEqual([]);
  const { store } = place;
  const lost = `${store.prefix}/manifests/sha256/${reference.manifest_id}.json`;
  await store.client.send(new DeleteObjectCommand({ Bucket: store.bucket, Key: lost }));
  expect((await exported('b3', 'third')).given).toEqual(['second']);
});
