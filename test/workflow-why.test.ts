import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { arenaRows, testCsv } from './support/arena-csv.js';
import { startedRun } from './support/drill-run.js';
import { smallRecipe } from './support/small-recipe.js';
import { Workplace } from './support/workplace.js';

/** Real data stages on a real store; no stage on a GPU queue is reached. */
let place: Workplace;
beforeAll(async () => {
  place = await Workplace.open('why');
  await place.worker('control,data');
  const { data } = smallRecipe();
  const recipe = smallRecipe({
    data: { ...data, train: { synthetic: { rows: 60, seed: 1 } } },
    folds: { count: 2, seed: 1 },
  });
  writeFileSync(join(place.folder, 'recipe.json'), JSON.stringify(recipe));
});
afterAll(() => place.close());

interface Explanation {
  readonly outcome: string;
  readonly made_by: { readonly workflow_id: string; readonly term: number; readonly worker: string } | null;
  readonly because: readonly {
    readonly stage: string;
    readonly differences: readonly { field: string; before: unknown; after: unknown }[];
    readonly compared_with: { readonly workflow_id: string };
  }[];
}

/** Runs the recipe up to a stage and answers the run. */
async function run(until: string, ...settings: string[]): Promise<string> {
  const changes = settings.flatMap((setting) => ['--set', setting]);
  const ended = await place.nacre('--json', 'start', 'recipe.json', '--until', until, ...changes);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  return startedRun(ended.stdout);
}

async function why(run: string, stage: string): Promise<Explanation> {
  const { code, stdout, stderr } = await place.nacre('--json', 'why', run, stage);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Explanation;
}

test('of the first run nothing had been made before', async () => {
  const first = await run('folds');
  expect(await why(first, 'folds')).toMatchObject({
    outcome: 'miss',
    because: [],
    made_by: { workflow_id: first, term: 1, worker: expect.stringMatching(/^\d+@/) as string },
  });
  const { stdout } = await place.nacre('why', first, 'folds');
  expect(stdout).toMatch(
    /^folds: miss: nothing stood under its key\n {2}key [0-9a-f]{64}\n {2}made by small-/,
  );
  expect(stdout).toContain('no stage of this kind and name had been made before');
});

test('a hit names the run, the claim and the worker that made it', async () => {
  const first = await run('folds');
  const other = await run('folds', 'name=other');
  expect(other).toMatch(/^other-/);
  const explanation = await why(other, 'folds');
  expect(explanation).toMatchObject({
    outcome: 'hit',
    because: [],
    made_by: { workflow_id: first, term: 1, stage: 'folds' },
  });
});

test('a changed parameter is named with both values, and inputs that stayed the same are not', async () => {
  const changed = await run('folds', 'folds.seed=2', 'folds.blind_fraction=0.1');
  const { outcome, because } = await why(changed, 'folds');
  expect(outcome).toBe('miss');
  expect(because.map(({ stage, differences }) => ({ stage, differences }))).toEqual([
    {
      stage: 'folds',
      differences: [
        { field: 'parameters.blind_fraction', before: 0.05, after: 0.1 },
        { field: 'parameters.seed', before: 1, after: 2 },
      ],
    },
  ]);
  const { stdout } = await place.nacre('why', changed, 'folds');
  expect(stdout).toContain('    parameters.seed: 1 → 2\n');
});

test('other bytes at the same address are followed to the import that saw them', async () => {
  const { client, bucket } = place.store;
  const Key = `inputs/${place.prefix}/test.csv`;
  const settings = ['data.test.synthetic=null', `data.test.path=s3://${bucket}/${Key}`];
  await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: testCsv(arenaRows(1000, 8)) }));
  await run('prepare/test', ...settings);
  await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: testCsv(arenaRows(2000, 8)) }));
  const second = await run('prepare/test', ...settings);
  const { because } = await why(second, 'prepare/test');
  expect(because.map(({ stage, differences }) => [stage, differences.map(({ field }) => field)])).toEqual([
    ['prepare/test', ['inputs.source']],
    ['import/test', ['parameters.etag']],
  ]);
});

test('a stage that was computed again on demand says so', async () => {
  const { stdout } = await place.nacre(
    ...['--json', 'start', 'recipe.json', '--until', 'folds', '--rerun', 'folds'],
  );
  expect(await why(startedRun(stdout), 'folds')).toMatchObject({ outcome: 'rerun', because: [] });
});

test.each([
  ['merge', /has not asked for merge: it waits for others, or was skipped; `npx nacre ls other-/],
  ['fold', /has no stage fold; near: folds, /],
])('of %s, which was not asked for, it says so and ends with 2', async (stage, sentence) => {
  const { code, stdout, stderr } = await place.nacre('why', 'other', stage);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(sentence);
});
