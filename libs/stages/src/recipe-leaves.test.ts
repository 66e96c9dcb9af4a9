import { recipeSchema, resolveRecipe } from '@nacre/contracts/recipe';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { dryRun, type PlannedStage } from './dry-runner.js';
import { changedRecipe } from './recipe.fixture.js';

/** A leaf, another value, the stages that miss first; what the recipe must have before, what must change with it. */
type Row = readonly [
  leaf: string,
  value: unknown,
  first: readonly string[],
  before?: Changes,
  alongWith?: Changes,
];
type Changes = Readonly<Record<string, unknown>>;

const postPretrained = ['post-pretrain/llama', 'post-pretrain/gemma'];
const teachers = ['teacher/llama/fold-0', 'teacher/llama/fold-1'];
const students = ['student/fold-0', 'student/fold-1'];
const alone = ['student-alone/fold-0', 'student-alone/fold-1'];
const tokens = [
  'llama/train',
  'llama/extra',
  'llama/ours',
  'llama/ut',
  'gemma/train',
  'gemma/extra',
  'gemma/ours',
  'gemma/ut',
].map((name) => `tokenize/${name}`);
const everySource = ['prepare/extra', 'prepare/ours', 'prepare/ut', 'prepare/test'];
const nothing: readonly string[] = [];
const gated = { 'gates.merge': { max_log_loss_rise: 0.003 }, 'gates.quantize': { max_log_loss_rise: 0.003 } };

const rows: readonly Row[] = [
  ['name', 'other', nothing],
  ['labels', ['model_a', 'model_b'], ['synthesize/train', ...everySource, 'latents/llama', 'latents/gemma']],
  ['data.train.synthetic.rows', 101, ['synthesize/train']],
  ['data.train.synthetic.seed', 2, ['synthesize/train']],
  ['data.train.synthetic.votes', 'shuffled', ['synthesize/train']],
  ['data.test.path', 's3://bucket/other.csv', ['import/test']],
  ['data.ut.file_type', 'jsonl', ['prepare/ut']],
  ['data.ut.ids', 'row_number', ['prepare/ut']],
  ['data.ours.columns.id', 'other', ['prepare/ours']],
  ['data.ours.columns.prompt', 'other', ['prepare/ours']],
  ['data.ours.columns.response_a', 'other', ['prepare/ours']],
  ['data.ours.columns.response_b', 'other', ['prepare/ours']],
  ['data.ours.columns.label.always', 'tie', ['prepare/ours']],
  ['folds.count', 3, ['folds']],
  ['folds.seed', 1, ['folds']],
  ['folds.group_by', 'none', ['folds']],
  ['folds.blind_fraction', 0.1, ['folds']],
  ['prompt.template', 'compact', [...tokens, 'tokenize/gemma/test']],
  ['prompt.max_tokens', 512, tokens],
  ['prompt.truncation', 'keep_last_turns', [...tokens, 'tokenize/gemma/test']],
  ['models.llama.tiny.family', 'qwen2', ['base/llama']],
  ['models.llama.tiny.hidden_size', 128, ['base/llama']],
  ['models.llama.tiny.intermediate_size', 256, ['base/llama']],
  ['models.llama.tiny.num_hidden_layers', 2, ['base/llama']],
  ['models.llama.tiny.num_attention_heads', 2, ['base/llama']],
  ['models.llama.tiny.num_key_value_heads', 4, ['base/llama']],
  ['models.llama.tiny.vocab_size', 1024, ['base/llama']],
  ['models.llama.tiny.seed', 9, ['latents/llama']],
  ['models.llama.tiny.warm_up.on', 'text', ['base/llama']],
  ['models.llama.tiny.warm_up.rows', 10, ['latents/llama']],
  ['models.llama.tiny.warm_up.steps', 10, ['base/llama']],
  ['models.llama.tiny.warm_up.batch', 10, ['base/llama']],
  ['models.llama.tiny.warm_up.learning_rate', 0.01, ['base/llama']],
  ['training.adapter.rank', 8, postPretrained],
  ['training.adapter.alpha', 8, postPretrained],
  ['training.adapter.dropout', 0.05, postPretrained],
  ['training.global_batch', 8, postPretrained],
  ['training.swap_answers', 'none', postPretrained],
  ['training.swap_answers', 'alternate', postPretrained],
  ['training.swap_answers', 'paired', postPretrained],
  ['training.head.init', 'lm_head_tokens', postPretrained],
  ['training.head.init', 'keep', [...teachers, ...alone]],
  ['training.warmup_steps', 8, postPretrained],
  ['training.weight_decay', 0.1, postPretrained],
  ['training.max_gradient_norm', 2, postPretrained],
  ['training.seed', 8, postPretrained],
  ['training.dtype', 'float32', postPretrained],
  ['post_pretrain.epochs', 2, postPretrained],
  ['post_pretrain.learning_rate', 1, postPretrained],
  ['post_pretrain.gpus', 2, nothing],
  ['teachers.llama.epochs', 2, teachers],
  ['teachers.llama.learning_rate', 1, teachers],
  ['teachers.llama.gpus', 8, nothing],
  ['student.epochs', 1, [...students, ...alone]],
  ['student.learning_rate', 1, [...students, ...alone]],
  ['student.gpus', 8, nothing],
  ['teachers.llama.selection', 'ema', teachers],
  ['student.selection', 'best_dev', [...students, ...alone]],
  ['student.labels', 'out_of_fold', ['label-folds']],
  ['student.losses.cross_entropy', 2, students],
  ['student.losses.kl', 2, students],
  ['student.losses.cosine', 2, students],
  ['student.losses.temperature', 2, students],
  ['student.losses.js', 1, students],
  ['student.losses.logit_mse', 1, students],
  ...['cross_entropy', 'kl', 'cosine', 'js', 'logit_mse'].map((loss): Row => [
    `student.losses.by_source.extra.${loss}`,
    2,
    students,
  ]),
  ['controls.student_alone', false, ['measure']],
  [
    'controls.permuted_teachers',
    true,
    ['permuted-logits/fold-0/llama/fold-0', 'permuted-logits/fold-1/llama/fold-1'],
  ],
  ['controls.round_to_nearest', true, ['round-to-nearest']],
  ['merge.method', 'factor_mean', ['merge']],
  ['quantize.method', 'round_to_nearest', ['quantize']],
  ['quantize.group_size', 64, ['quantize']],
  ['quantize.calibration_rows', 64, ['quantize']],
  ['quantize.damping', 0.01, ['quantize']],
  ['predict.max_tokens', 512, ['tokenize/gemma/test']],
  ['predict.orders', 'as_given', ['predict']],
  ['gates.leak.otherwise', 'report', ['leak-gate']],
  ['gates.merge.max_log_loss_rise', 0.1, ['gate/merge', 'measure'], gated],
  ['gates.merge.otherwise', 'report', ['gate/merge', 'measure'], gated],
  ['gates.quantize.max_log_loss_rise', 0.1, ['gate/quantize', 'measure'], gated],
  ['gates.quantize.otherwise', 'report', ['gate/quantize', 'measure'], gated],
  ['gates.plausibility.min_log_loss', 0.5, ['plausibility-gate']],
  ['run.pools.gpu.queue', 'other', nothing],
  ['run.pools.gpu.concurrency', 3, nothing],
  ['run.pools.gpu.heartbeat_timeout', '5s', nothing],
  ['run.pools.gpu.device', 'cpu', nothing],
  ['run.pools.gpu.threads', 2, nothing],
  ['run.pools.gpu.micro_batch_tokens', 1024, nothing],
  ['run.pools.cpu.concurrency', 3, nothing],
  ['run.pools.gpu.stall_timeout', '1m', nothing],
  ['run.pools.cpu.heartbeat_timeout', '5s', nothing],
  ['run.checkpoint_every', '1m', nothing],
  ['run.checkpoints_kept', 3, nothing],
  ['run.cache.off', ['folds'], nothing],
  ['run.until', 'merge', nothing],
  // Leaves that only make sense together with others, or whose change takes stages away.
  [
    'data.ours.columns.label.column',
    'winner',
    ['prepare/ours'],
    { 'data.ours.columns.label': { model_a: 'a', model_b: 'b', column: 'c' } },
  ],
  [
    'data.ours.columns.label.model_a',
    'x',
    ['prepare/ours'],
    { 'data.ours.columns.label': { model_a: 'a', model_b: 'b', column: 'c' } },
  ],
  [
    'data.ours.columns.label.model_b',
    'x',
    ['prepare/ours'],
    { 'data.ours.columns.label': { model_a: 'a', model_b: 'b', column: 'c' } },
  ],
  [
    'data.ours.columns.label.tie',
    't',
    ['prepare/ours'],
    { 'data.ours.columns.label': { model_a: 'a', model_b: 'b', column: 'c' } },
  ],
  [
    'data.ours.columns.label.rating_a',
    'x',
    ['prepare/ours'],
    { 'data.ours.columns.label': { rating_a: 'a', rating_b: 'b' } },
  ],
  [
    'data.ours.columns.label.rating_b',
    'x',
    ['prepare/ours'],
    { 'data.ours.columns.label': { rating_a: 'a', rating_b: 'b' } },
  ],
  [
    'data.extra.format',
    'columns',
    ['prepare/extra'],
    {},
    { 'data.extra.columns': { prompt: 'p', response_a: 'a', response_b: 'b', label: { always: 'tie' } } },
  ],
  ['data.ours.use', 'post_pretrain', ['prepare/ours', 'folds']],
  [
    'post_pretrain.data',
    'ours',
    ['leak-gate', 'tokenize/llama/ours', 'tokenize/gemma/ours'],
    { 'data.ours.use': 'post_pretrain' },
  ],
  [
    'predict.data',
    'other',
    ['leak-gate', 'prepare/sample_submission', 'tokenize/gemma/other'],
    { 'data.other': { synthetic: { rows: 5, seed: 5 }, use: 'test' } },
  ],
  [
    'student.stages',
    [
      { data: ['extra'], targets: 'teachers', epochs: 1, learning_rate: 1e-4 },
      { data: ['train'], epochs: 1, learning_rate: 1e-4 },
    ],
    [...students, ...alone].map((name) => `${name}/stage-1`),
  ],
  ['student.fit', 'full', ['teacher/llama/full'], { 'controls.student_alone': false }],
  [
    'student.fit.full_seeds',
    3,
    ['student/full-2'],
    { 'controls.student_alone': false, 'student.fit': { full_seeds: 2 } },
  ],
  ['student.base', 'llama', [...students, ...alone, 'tokenize/llama/test']],
];

/** Leaves without a row, and why. */
const exempt: Readonly<Record<string, string>> = {
  nacre: 'has one value',
  resolved_by: 'is the stamp of the resolver, never written by hand',
};

const records = /^(data|models|teachers|student\.losses\.by_source)\.[^.]+/;
const normal = (path: string): string => path.replace(records, '$1.*');

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
}

function leaves(schema: JsonSchema, path: readonly string[]): string[] {
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([key, below]) => leaves(below, [...path, key]));
  }
  if (typeof schema.additionalProperties === 'object')
    return leaves(schema.additionalProperties, [...path, '*']);
  const objects = (schema.anyOf ?? []).filter(({ properties }) => properties !== undefined);
  if (objects.length > 0) return objects.flatMap((below) => leaves(below, path));
  return [path.join('.')];
}

const described = (uri: string) => ({ uri, etag: uri, size: 1, version_id: null });
const plan = (changes: Changes) => dryRun(changedRecipe(changes), described);

/** Stages of a run that an earlier run has not made, and of those the ones that read no other such stage. */
function misses(
  before: readonly PlannedStage[],
  after: readonly PlannedStage[],
): { all: Set<string>; first: string[] } {
  const made = new Set(before.map(({ key }) => key));
  const missing = after.filter(({ key }) => !made.has(key));
  const all = new Set(missing.map(({ name }) => name));
  return {
    all,
    first: missing.filter(({ reads }) => !reads.some((name) => all.has(name))).map(({ name }) => name),
  };
}

describe('each leaf of the recipe', () => {
  it('has a row in the table of what misses when it changes, or a reason why not', () => {
    const schema = z.toJSONSchema(recipeSchema, { io: 'input' }) as JsonSchema;
    const known = new Set([...rows.map(([leaf]) => normal(leaf)), ...Object.keys(exempt)]);
    expect([...new Set(leaves(schema, []))].filter((leaf) => !known.has(leaf))).toEqual([]);
  });

  it.each(rows.map((row) => ({ row, leaf: row[0], value: row[1] })))('$leaf = $value', async ({ row }) => {
    const [leaf, value, first, changes = {}, alongWith = {}] = row;
    const before = await plan(changes);
    const after = await plan({ ...changes, ...alongWith, [leaf]: value });
    const missed = misses(before, after);
    expect(missed.first.sort()).toEqual([...first].sort());
    for (const { name, reads } of after) {
      if (reads.some((read) => missed.all.has(read)))
        expect(missed.all, `${name} reads what misses`).toContain(name);
    }
  });

  it('makes nothing miss when nothing changes, even resolved a second time', async () => {
    const recipe = changedRecipe();
    expect(
      misses(await dryRun(recipe, described), await dryRun(resolveRecipe(recipe), described)).all.size,
    ).toBe(0);
  });
});
