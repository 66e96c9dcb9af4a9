import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { requirePart } from './requirement.js';
import { arenaRows, sampleSubmission, testCsv, trainCsv } from './support/arena-csv.js';
import { startedRun } from './support/drill-run.js';
import type { StartedWorker } from './support/started-worker.js';
import { until } from './support/until.js';
import { root, Workplace } from './support/workplace.js';

const train = arenaRows(100, 30);
const rows = arenaRows(200, 6);
const [planted] = train;
const leaked = planted === undefined ? rows : [...rows.slice(1), { ...planted, id: 200 }];

let place: Workplace;
beforeAll(async () => {
  place = await Workplace.open('inputs');
});
afterAll(() => place.close());

/** Writes a recipe and its files beside it. */
function recipe(name: string, files: Readonly<Record<string, string>>): string {
  const data = Object.entries(files).map(([source, text]) => {
    writeFileSync(join(place.folder, `${name}-${source}.csv`), text);
    return `  ${source}: { path: ${name}-${source}.csv }`;
  });
  const file = join(place.folder, `${name}.yaml`);
  const lines = [
    `extends: ${join(root, 'recipes/base/tiny.yaml')}`,
    `name: ${name}`,
    'data:',
    ...data,
    'folds: { count: 2, blind_fraction: 0 }',
    'models: { pupil: { tiny: { family: llama, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1, warm_up: { on: none } } } }',
    'teachers: {}',
    'student: { base: pupil }',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** Task queues of the activities in the history of a run. */
async function queuesOf(run: string): Promise<Set<string>> {
  const { stdout } = await place.temporal('workflow', 'show', '--workflow-id', run, '-o', 'json');
  return new Set(
    [...stdout.matchAll(/"taskQueue": \{\s*"name": "(nacre-[a-z-]+)"/g)].map(([, queue]) => queue ?? ''),
  );
}

describe('a run on bad data ends with exit code 1 and one sentence that names the place, before any GPU stage', () => {
  let worker: StartedWorker;
  beforeAll(async () => {
    worker = await place.worker();
  });
  afterAll(() => worker.stop());

  test.each([
    {
      name: 'broken-cell',
      files: {
        train: trainCsv(train).replace('[""question 103?""]', '[""question 103?""'),
        test: testCsv(rows),
      },
      sentence: /^prepare\/train: train, row 4.*prompt/,
    },
    {
      name: 'missing-id',
      files: {
        train: trainCsv(train),
        test: testCsv(rows),
        sample_submission: sampleSubmission([200, 201, 202, 203, 204]),
      },
      sentence: /^prepare\/sample_submission: .*205/,
    },
    {
      name: 'leak',
      files: { train: trainCsv(train), test: testCsv(leaked) },
      sentence:
        /^leak-gate: the same pair of answers stands on both sides of a split: 1 rows of test in train/,
    },
  ])('$name', async ({ name, files, sentence }) => {
    const { code, stdout, stderr } = await place.nacre('--json', 'start', recipe(name, files));
    const end = stdout.split('\n').find((line) => line.includes('"run-end"')) ?? '{}';
    const { state, message } = JSON.parse(end) as { state?: string; message?: string };
    expect({ code, state, stderr }).toEqual({ code: 1, state: 'failed', stderr: '' });
    expect(message).toMatch(sentence);
    expect(message).not.toContain('\n');
    const queues = await queuesOf(startedRun(stdout));
    expect(queues).toContain('nacre-data');
    expect(queues).not.toContain('nacre-gpu-local');
    const changes = stdout
      .split('\n')
      .filter((line) => line.includes('"stage-change"'))
      .map((line) => JSON.parse(line) as { stage: string; state: string });
    expect(changes.filter(({ state: of }) => of === 'failed')).toHaveLength(1);
  });

  test('a source that is not there is refused before anything is sent', async () => {
    const file = recipe('absent', { train: trainCsv(train) });
    const { code, stderr } = await place.nacre('start', file, '--set', 'data.test.path=nowhere.csv');
    expect(code).toBe(2);
    expect(stderr).toMatch(/data\.test\.path: no file .*nowhere\.csv; correct the path/);
  });

  test('a source that is not in its bucket fails the run with its address', async () => {
    const file = recipe('gone', { train: trainCsv(train) });
    const address = `s3://${place.stack.s3.bucket}/nowhere/test.csv`;
    const { code, stdout } = await place.nacre('start', file, '--set', `data.test.path=${address}`);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`failed\n.*${address}`));
  });
});

test('a folder of the competition passes all data stages up to the leak gate, where it waits for a GPU worker and is cancelled', async (context) => {
  const folder = requirePart(context, 'arena-mini');
  const arena = await Workplace.open('arena');
  try {
    const file = join(arena.folder, 'arena.yaml');
    const sources = {
      train: 'train',
      test: 'test',
      extra: 'extra',
      ut: 'ut',
      sample_submission: 'sample_submission',
    };
    const data = Object.entries(sources).map(
      ([source, name]) => `  ${source}: { path: ${join(folder, `${name}.csv`)} }`,
    );
    writeFileSync(
      file,
      `${[`extends: ${join(root, 'recipes/demo-folder.yaml')}`, 'name: arena', 'data:', ...data].join('\n')}\n`,
    );
    const worker = await arena.worker('control,data');
    const { code, stdout } = await arena.nacre('--json', 'start', file, '--detach');
    expect(code).toBe(0);
    const run = startedRun(stdout);
    const gate = await until('the leak gate is done', async () => {
      const { state, message, stages } = await arena.progress(run);
      if (state === 'failed') throw new Error(message ?? '');
      const stage = stages.find(({ name }) => name === 'leak-gate');
      return stage?.state === 'done' && stage;
    });
    expect(gate.artifact?.metrics['red']).toBe(0);
    const waits = await until(
      'the GPU queue is named',
      async () => {
        const { waits_for } = await arena.progress(run);
        return waits_for.length > 0 && waits_for;
      },
      10,
    );
    expect(waits.map(({ queue }) => queue)).toEqual(['nacre-gpu-local']);
    expect(await arena.nacre('cancel', run)).toMatchObject({ code: 0, stdout: `${run} cancelled\n` });
    await worker.stop();
  } finally {
    await arena.close();
  }
});
