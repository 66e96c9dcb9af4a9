import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { installation, taskRunner, WarmStarter } from '@nacre/activities';
import { openStore } from '@nacre/artifact-store';
import { measurementSchema } from '@nacre/contracts/measurement';
import { resolveRecipe, type LabelPolicy, type RecipeInput } from '@nacre/contracts/recipe';
import { foldColumns, labelFoldColumns } from '@nacre/contracts/tables';
import { readTable } from '@nacre/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DocumentQueries } from './support/document-queries.js';
import { FolderPlant, type FolderRun } from './support/folder-plant.js';
import { tierServers } from './support/tier-servers.js';

const tiny = {
  hidden_size: 32,
  intermediate_size: 32,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  vocab_size: 512,
  warm_up: { rows: 24, steps: 2, batch: 8 },
};

/** Three folds and extra rows: the smallest recipe in which every label policy differs. */
function recipe(labels: LabelPolicy) {
  const written: RecipeInput = {
    nacre: 1,
    name: 'policies',
    data: {
      train: { synthetic: { rows: 60, seed: 31 } },
      extra: { synthetic: { rows: 24, seed: 32 } },
      test: { synthetic: { rows: 12, seed: 33 } },
    },
    folds: { count: 3, blind_fraction: 0.2 },
    prompt: { max_tokens: 128 },
    models: { llama: { tiny: { family: 'llama', ...tiny } } },
    training: { adapter: { rank: 4, alpha: 8 }, global_batch: 16, dtype: 'float32' },
    teachers: { llama: { learning_rate: 1e-3 } },
    student: { base: 'llama', epochs: 1, learning_rate: 1e-3, labels },
    quantize: { group_size: 32, calibration_rows: 8 },
    predict: { max_tokens: 128 },
    run: { pools: { gpu: { device: 'cpu' } } },
  };
  return resolveRecipe(written);
}

const queries = new DocumentQueries();
let folder: string;
let plant: FolderPlant;
let starter: WarmStarter;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nacre-policies-'));
  const here = installation(process.env, 'unknown');
  starter = new WarmStarter(here, process.env, () => undefined);
  const tasks = taskRunner({ installation: here, environment: process.env, onCpu: starter, onGpu: starter });
  const { endpoint, bucket, region, accessKeyId, secretAccessKey } = (await tierServers()).s3;
  const credentials = { accessKeyId, secretAccessKey };
  const store = openStore({ endpoint, bucket, region, prefix: `policies-${randomUUID()}`, credentials });
  plant = new FolderPlant({ folder, sources: folder, tasks, store });
});
afterAll(async () => {
  await starter.close();
  await rm(folder, { recursive: true, force: true });
});

function folderOf({ folders }: FolderRun, stage: string): string {
  const found = folders.get(stage);
  if (found === undefined) throw new Error(`the run has no stage ${stage}`);
  return found;
}

/** Rows of the folds with their label folds, and which of them a teacher with these held-out folds has not seen. */
async function rowsOf(run: FolderRun, heldOut: readonly number[]) {
  const folds = await readTable(join(folderOf(run, 'folds'), 'folds.parquet'), foldColumns);
  const labels = await readTable(join(folderOf(run, 'label-folds'), 'label-folds.parquet'), labelFoldColumns);
  const labelFold = new Map(labels.map(({ example_id, label_fold }) => [example_id, label_fold]));
  const unseen = folds.filter(
    ({ example_id, held_out_of }) =>
      heldOut.some((fold) => held_out_of.includes(fold)) || heldOut.includes(labelFold.get(example_id) ?? -1),
  );
  const hidden = new Set(unseen.map(({ example_id }) => example_id));
  const seen = folds.map(({ example_id }) => example_id).filter((id) => !hidden.has(id));
  return { seen: seen.sort(), hidden: [...hidden].sort() };
}

/** The folds that each teacher of a policy holds out, by the end of its name. */
const policies: readonly { policy: LabelPolicy; teachers: Readonly<Record<string, readonly number[]>> }[] = [
  { policy: 'out_of_fold', teachers: { 'fold-0': [0], 'fold-1': [1], 'fold-2': [2] } },
  { policy: 'nested', teachers: { 'folds-0-1': [0, 1], 'folds-0-2': [0, 2], 'folds-1-2': [1, 2] } },
];

describe.each(policies)('a run under the label policy $policy', ({ policy, teachers }) => {
  let run: FolderRun;
  beforeAll(async () => {
    run = await plant.run(recipe(policy), false);
  });

  it('goes from votes to a submission', () => {
    expect([...run.contents.keys()]).toEqual(
      expect.arrayContaining(['label-folds', 'student/fold-2', 'merge', 'quantize', 'measure', 'submit']),
    );
  });

  it.each(Object.entries(teachers))(
    '%s: the teacher says whose labels it gave, saw exactly the rows that the query page names, and labelled only others',
    async (title, heldOut) => {
      const folders = {
        folds: folderOf(run, 'folds'),
        'label-folds': folderOf(run, 'label-folds'),
        teacher: folderOf(run, `logits/llama/${title}`),
      };
      const { seen, hidden } = await rowsOf(run, heldOut);
      expect(await queries.rows('whose-labels', folders)).toEqual([
        {
          teacher: run.contents.get(`teacher/llama/${title}`),
          base: run.contents.get('base/llama'),
          held_out: JSON.stringify(heldOut),
          template: 'blackpearl',
          tokenizer: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
          precision: 'float32',
        },
      ]);
      expect((await queries.rows('seen-rows', folders)).map(({ example_id }) => example_id)).toEqual(seen);
      expect(await queries.rows('labels-of-seen-rows', folders)).toEqual([]);

      const given = await readTable(join(folders.teacher, 'logits-00000.parquet'), {
        example_id: 'VARCHAR',
        swapped: 'BOOLEAN',
      });
      expect([...new Set(given.map(({ example_id }) => example_id))].sort()).toEqual(hidden);
      // The training itself: every row that the query names, in both orders, in one epoch.
      const history = await readFile(join(folderOf(run, `teacher/llama/${title}`), 'history.json'), 'utf8');
      const { steps } = JSON.parse(history) as { steps: { rows: number }[] };
      expect(steps.reduce((sum, { rows }) => sum + rows, 0)).toBe(2 * seen.length);
    },
  );

  it('measures teachers on rows that they held out, and says which scores of the student are not honest', async () => {
    const file = join(folderOf(run, 'measure'), 'measurement.json');
    const measured = measurementSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    expect(measured.label_policy).toBe(policy);
    expect(measured.contaminated).toEqual(policy === 'out_of_fold' ? ['student'] : undefined);
    const scored = measured.folds.filter(({ role, score }) => role === 'teacher' && score !== null);
    // A pair stands in the table once for each fold that it holds out.
    expect(scored).toHaveLength(Object.values(teachers).flat().length);
  });

  it('deals every row one label fold, as the query page counts them', async () => {
    const folders = { folds: folderOf(run, 'folds'), 'label-folds': folderOf(run, 'label-folds') };
    const counted = await queries.rows('label-folds', folders);
    expect(counted.reduce((sum, { rows }) => sum + Number(rows), 0)).toBe(84);
    expect(new Set(counted.map(({ label_fold }) => label_fold))).toEqual(new Set([-1, 0, 1, 2]));
  });
});

it('the query page has no query that no test runs', () => {
  expect(queries.names).toEqual(['whose-labels', 'seen-rows', 'labels-of-seen-rows', 'label-folds']);
});
