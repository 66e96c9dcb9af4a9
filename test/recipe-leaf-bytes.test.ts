import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { installation, taskRunner, WarmStarter } from '@nacre/activities';
import { openStore } from '@nacre/artifact-store';
import { InvalidData } from '@nacre/contracts/errors';
import { recipeSchema, resolveRecipe, type Recipe, type RecipeInput } from '@nacre/contracts/recipe';
import { synthesizeSource } from '@nacre/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { FolderPlant, type FolderRun } from './support/folder-plant.js';
import { leavesOf, type JsonSchema } from './support/schema-leaves.js';
import { tierServers } from './support/tier-servers.js';

/** What becomes of the first stage that misses where it is not other bytes. */
interface Otherwise {
  /** Why it must give the same bytes. */
  readonly same?: string;
  /** The data refuse the value, which the stage has read to know: its words. */
  readonly refused?: RegExp;
}

/** A leaf and another value. */
type Row = readonly [leaf: string, value: unknown, otherwise?: Otherwise];

const unknownVote = (row: number) => ({
  refused: new RegExp(`^ours, row ${String(row)}, column winner: none of the texts that stand for a label`),
});

const column = { column: 'winner', model_a: 'first', model_b: 'second', tie: 'none' };

const rows: readonly Row[] = [
  ['labels', ['model_a', 'model_b']],
  ['data.train.synthetic.rows', 61],
  ['data.train.synthetic.seed', 32],
  ['data.train.synthetic.votes', 'shuffled'],
  ['data.ut.path', 's3://bucket/other.csv'],
  ['data.ours.columns.id', 'number'],
  ['data.ours.columns.prompt', 'chosen'],
  ['data.ours.columns.response_a', 'rejected'],
  ['data.ours.columns.response_b', 'chosen'],
  ['data.ours.columns.label.column', 'other'],
  ['data.ours.columns.label.model_a', 'second', unknownVote(1)],
  ['data.ours.columns.label.model_b', 'first', unknownVote(2)],
  ['data.ours.columns.label.tie', undefined, unknownVote(3)],
  ['data.ours.columns.label', { always: 'tie' }],
  ['folds.count', 3],
  ['folds.seed', 1],
  ['folds.group_by', 'none'],
  ['folds.blind_fraction', 0.3],
  ['prompt.template', 'compact'],
  ['prompt.max_tokens', 48],
  ['prompt.truncation', 'keep_last_turns'],
  ['models.llama.tiny.family', 'qwen2'],
  ['models.llama.tiny.hidden_size', 48],
  ['models.llama.tiny.intermediate_size', 48],
  ['models.llama.tiny.num_hidden_layers', 2],
  ['models.llama.tiny.num_attention_heads', 4],
  ['models.llama.tiny.num_key_value_heads', 2],
  ['models.llama.tiny.vocab_size', 400],
  ['models.llama.tiny.seed', 9],
  ['models.llama.tiny.warm_up.on', 'text'],
  ['models.llama.tiny.warm_up.rows', 30],
  ['models.llama.tiny.warm_up.steps', 3],
  ['models.llama.tiny.warm_up.batch', 4],
  ['models.llama.tiny.warm_up.learning_rate', 0.01],
  ['training.adapter.rank', 2],
  ['training.adapter.alpha', 2],
  ['training.adapter.dropout', 0.2],
  ['training.global_batch', 8],
  ['training.swap_answers', 'none'],
  ['training.head', { init: 'lm_head_tokens' }],
  ['training.head', { init: 'keep' }],
  ['training.warmup_steps', 0],
  ['training.weight_decay', 0.5],
  ['training.max_gradient_norm', 0.001],
  ['training.seed', 8],
  ['training.dtype', 'bfloat16'],
  ['post_pretrain.epochs', 2],
  ['post_pretrain.learning_rate', 0.01],
  ['teachers.llama.epochs', 2],
  ['teachers.llama.learning_rate', 0.01],
  ['student.epochs', 2],
  ['student.learning_rate', 0.01],
  ['teachers.llama.selection', 'ema'],
  ['student.selection', 'best_dev'],
  ['student.labels', 'out_of_fold'],
  ['student.losses.cross_entropy', 2],
  ['student.losses.kl', 2],
  ['student.losses.cosine', 2],
  ['student.losses.temperature', 2],
  ['student.stages', [{ data: ['ours'], targets: 'teachers', epochs: 2, learning_rate: 1e-3 }]],
  ['student.losses.js', 1],
  ['student.losses.logit_mse', 1],
  ['student.losses.by_source', { ours: { cross_entropy: 0, kl: 2, cosine: 0, js: 1, logit_mse: 1 } }],
  ['controls.student_alone', false],
  ['controls.permuted_teachers', true],
  ['controls.round_to_nearest', true],
  ['gates.merge', { max_log_loss_rise: 9, otherwise: 'report' }],
  ['gates.quantize', { max_log_loss_rise: 9, otherwise: 'report' }],
  ['merge.method', 'factor_mean'],
  ['quantize.method', 'round_to_nearest'],
  ['quantize.group_size', 16],
  ['quantize.calibration_rows', 4],
  ['quantize.damping', 0.9],
  ['predict.max_tokens', 48],
  ['predict.orders', 'as_given'],
  ['gates.leak.otherwise', 'report', { same: 'without a leak both answers write the same report' }],
];

/** Leaves that no row can change alone, and where else they are tested. */
const elsewhere: Readonly<Record<string, string>> = {
  nacre: 'has one value',
  resolved_by: 'is the stamp of the resolver',
  name: 'enters no stage key',
  'post_pretrain.gpus': 'enters no stage key',
  'teachers.*.gpus': 'enters no stage key',
  'student.gpus': 'enters no stage key',
  'data.*.synthetic': 'its fields have rows',
  'data.*.format': 'needs other columns in the file: libs/data tests each format',
  'data.*.file_type': 'needs another kind of file: libs/data tests each',
  'data.*.ids': 'names the rows of a file without useful ids: libs/data tests it',
  'data.*.use': 'takes stages away or adds them: libs/stages/src/recipe-leaves.test.ts',
  'data.*.columns.label.always': 'is another form of the label, which has a row',
  'data.*.columns.label.rating_a': 'is another form of the label: libs/data tests it',
  'data.*.columns.label.rating_b': 'is another form of the label: libs/data tests it',
  'post_pretrain.data': 'reads another source, which has other bytes by its own row',
  'predict.data': 'reads another source, which has other bytes by its own row',
  'gates.plausibility': 'adds a stage that reads the measurement: libs/stages/src/distillation.test.ts',
  'gates.plausibility.min_log_loss':
    'decides whether the run fails: libs/metrics/src/implausible-scores.test.ts',
  'gates.merge.max_log_loss_rise': 'is part of the gate, which has a row',
  'gates.merge.otherwise': 'is part of the gate, which has a row',
  'gates.quantize.max_log_loss_rise': 'is part of the gate, which has a row',
  'gates.quantize.otherwise': 'is part of the gate, which has a row',
  'training.head.init': 'is all of the head, which has rows',
  ...Object.fromEntries(
    ['cross_entropy', 'kl', 'cosine', 'js', 'logit_mse'].map((loss) => [
      `student.losses.by_source.*.${loss}`,
      'is part of by_source, which has a row',
    ]),
  ),
  'student.fit.full_seeds': 'cannot stand beside student_alone: libs/stages/src/training-options.test.ts',
  'student.base': 'reads another base, which has other bytes by its own row',
};

const tiny = {
  hidden_size: 32,
  intermediate_size: 32,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  vocab_size: 512,
  warm_up: { rows: 24, steps: 2, batch: 8 },
};

const base: RecipeInput = {
  nacre: 1,
  name: 'leaves',
  data: {
    train: { synthetic: { rows: 60, seed: 31 } },
    ours: {
      path: 's3://bucket/ours.csv',
      format: 'columns',
      use: 'extra',
      columns: { id: 'key', prompt: 'question', response_a: 'chosen', response_b: 'rejected', label: column },
    },
    ut: { path: 's3://bucket/ut.csv' },
    test: { path: 's3://bucket/test.csv' },
  },
  folds: { count: 2, blind_fraction: 0.2 },
  // So short that rows are cut: every truncation gives other bytes.
  prompt: { max_tokens: 64 },
  models: { llama: { tiny: { family: 'llama', ...tiny } }, gemma: { tiny: { family: 'gemma2', ...tiny } } },
  training: { adapter: { rank: 4, alpha: 8 }, global_batch: 4, dtype: 'float32' },
  post_pretrain: { data: 'ut', learning_rate: 1e-3 },
  teachers: { llama: { learning_rate: 1e-3 } },
  student: { base: 'gemma', epochs: 1, learning_rate: 1e-3 },
  controls: { student_alone: true },
  quantize: { group_size: 32, calibration_rows: 8 },
  predict: { max_tokens: 128 },
  run: { pools: { gpu: { device: 'cpu' } } },
};

function changed(path: string, value: unknown): Recipe {
  const document = structuredClone(base) as unknown as Record<string, unknown>;
  const parts = path.split('.');
  let place = document;
  for (const part of parts.slice(0, -1)) place = (place[part] ??= {}) as Record<string, unknown>;
  place[parts.at(-1) ?? ''] = value;
  return resolveRecipe(document);
}

describe('a changed leaf of the recipe', () => {
  let folder: string;
  let plant: FolderPlant;
  let starter: WarmStarter;
  let before: FolderRun;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nacre-leaves-'));
    const sources = join(folder, 'sources');
    for (const [name, rows, seed, use] of [
      ['ut.csv', 24, 41, 'post_pretrain'],
      ['other.csv', 24, 42, 'post_pretrain'],
      ['test.csv', 12, 43, 'test'],
    ] as const) {
      const made = join(folder, name);
      await mkdir(made, { recursive: true });
      await synthesizeSource(
        { rows, seed, votes: 'drawn', use, labels: ['model_a', 'model_b', 'tie'] },
        { folder: made },
      );
      await mkdir(sources, { recursive: true });
      await copyFile(join(made, 'source'), join(sources, name));
    }
    const winners = ['first', 'second', 'none'];
    const table = Array.from({ length: 9 }, (_, row) => {
      const winner = winners[row % 3] ?? '';
      const other = winners[(row + 1) % 3] ?? '';
      return [
        `k${String(row)}`,
        String(100 + row),
        `question ${String(row)}`,
        `good ${String(row)}`,
        `bad ${String(row)}`,
        winner,
        other,
      ].join(',');
    });
    await writeFile(
      join(sources, 'ours.csv'),
      `key,number,question,chosen,rejected,winner,other\n${table.join('\n')}\n`,
    );

    const here = installation(process.env, 'unknown');
    starter = new WarmStarter(here, process.env, () => undefined);
    const tasks = taskRunner({
      installation: here,
      environment: process.env,
      onCpu: starter,
      onGpu: starter,
    });
    const { endpoint, bucket, region, accessKeyId, secretAccessKey } = (await tierServers()).s3;
    const credentials = { accessKeyId, secretAccessKey };
    const store = openStore({ endpoint, bucket, region, prefix: `leaves-${randomUUID()}`, credentials });
    plant = new FolderPlant({ folder, sources, tasks, store });
    before = await plant.run(resolveRecipe(base), false);
  });

  afterAll(async () => {
    await starter.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is in the table, or tested elsewhere', () => {
    const records = /^(data|models|teachers|student\.losses\.by_source)\.[^.]+/;
    const known = new Set([
      ...rows.map(([leaf]) => leaf.replace(records, '$1.*')),
      ...Object.keys(elsewhere),
    ]);
    const all = leavesOf(z.toJSONSchema(recipeSchema, { io: 'input' }) as JsonSchema);
    expect(all.filter((leaf) => !known.has(leaf) && !leaf.startsWith('run.'))).toEqual([]);
  });

  const cases = rows.map((row) => ({ row, leaf: row[0], value: row[1] }));
  it.each(cases)(
    '$leaf = $value: the first stage that misses yields other bytes, or what else its row says',
    async ({ row }) => {
      const [leaf, value, { same, refused } = {}] = row;
      const run = plant.run(changed(leaf, value), true);
      if (refused !== undefined) {
        await expect(run).rejects.toThrow(InvalidData);
        await expect(run).rejects.toThrow(refused);
        return;
      }
      const after = await run;
      expect(after.first.length).toBeGreaterThan(0);
      const [first = ''] = after.first;
      const other = [...before.contents].filter(([name]) => name === first).map(([, content]) => content);
      if (same === undefined) expect(other).not.toContain(after.contents.get(first));
      else expect(other, same).toContain(after.contents.get(first));
    },
  );
});
