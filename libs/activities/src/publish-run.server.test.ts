import { randomUUID } from 'node:crypto';

import { getRunFile, openStore, putRunFile } from '@nacre/artifact-store';
import { goodputSchema } from '@nacre/contracts/measurement';
import type { AttemptLedger, Progress } from '@nacre/contracts/run';
import { resolveRecipe } from '@nacre/contracts/recipe';
import { expect, test } from 'vitest';

import { publishRun } from './publish-run.js';

const store = openStore({
  endpoint: process.env['NACRE_TEST_S3_ENDPOINT'] ?? '',
  bucket: process.env['NACRE_TEST_S3_BUCKET'] ?? '',
  region: process.env['NACRE_TEST_S3_REGION'] ?? '',
  prefix: `publish-${randomUUID()}`,
  credentials: {
    accessKeyId: process.env['NACRE_TEST_S3_ACCESS_KEY'] ?? '',
    secretAccessKey: process.env['NACRE_TEST_S3_SECRET_KEY'] ?? '',
  },
});

const recipe = resolveRecipe({
  nacre: 1,
  name: 'books',
  data: { train: { synthetic: { rows: 100, seed: 1 } }, test: { synthetic: { rows: 10, seed: 2 } } },
  models: { small: { tiny: { family: 'gemma2' } } },
  teachers: {},
  student: { base: 'small' },
});

const progressOf = (run: string): Progress => ({
  workflow_id: run,
  run_id: 'run-1',
  recipe_name: 'books',
  state: 'cancelled',
  stages: [],
  waits_for: [],
  message: null,
});

/** Books of an attempt of one minute, of which 40 s are steps and 10 of these at risk. */
const ledger: AttemptLedger = {
  nacre_ledger: 1,
  stage: 'distil/fold-0',
  kind: 'distil',
  key: 'a'.repeat(64),
  term: 1,
  worker: 'worker-1',
  run_id: 'run-1',
  started_at: 1_000_000,
  seen_at: 1_060_000,
  ended: null,
  error: null,
  first_step: 0,
  step: 40,
  durable_step: 30,
  seconds: { wait: 5, load: 10, step: 40, at_risk: 10, evaluation: 0, checkpoint: 5, publish: 0 },
  uploads: { count: 1, seconds: 1, bytes: 100 },
};

const write = (run: string, { key, term }: AttemptLedger, text: string) =>
  putRunFile(store, run, `ledger/${key}-${String(term)}.json`, text, 'application/json');

test('a run tells what became of the time of its attempts, though one of its books cannot be read', async () => {
  const successor = { ...ledger, term: 2, started_at: 1_070_000, seen_at: 1_130_000, ended: 'done' as const };
  await write('kept', ledger, JSON.stringify(ledger));
  await write('kept', successor, JSON.stringify({ ...successor, first_step: 30 }));
  await write('kept', { ...ledger, term: 3 }, JSON.stringify({ ...ledger, nacre_ledger: 2 }));
  await write('kept', { ...ledger, term: 4 }, 'half a docu');
  const written = await publishRun({ store }, recipe, progressOf('kept'));
  expect(written).toContain(`${store.prefix}/runs/kept/goodput.json`);
  const goodput = goodputSchema.parse(
    JSON.parse((await getRunFile(store, 'kept', 'goodput.json'))?.toString('utf8') ?? ''),
  );
  expect(goodput.run).toMatchObject({
    all: 120,
    attempts: { done: 1, vanished: 1 },
    seconds: { step: 70, lost: 10, unaccounted: 0 },
    detection: { count: 1, seconds: 10 },
  });
  const report = (await getRunFile(store, 'kept', 'report.html'))?.toString('utf8') ?? '';
  expect(report).toContain('<section id="goodput">');
  expect(report).toContain('href="goodput.json"');
});

test('a run of which no attempt left books, as one that is all hits, says nothing of goodput', async () => {
  const written = await publishRun({ store }, recipe, progressOf('hits'));
  expect(written).not.toContain(`${store.prefix}/runs/hits/goodput.json`);
  const report = (await getRunFile(store, 'hits', 'report.html'))?.toString('utf8') ?? '';
  expect(report).not.toContain('oodput');
});
