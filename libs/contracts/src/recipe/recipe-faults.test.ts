import { describe, expect, it } from 'vitest';

import { InvalidRecipe } from '../errors/invalid-recipe.js';
import { leastRecipe } from './recipe.fixture.js';
import { resolveRecipe } from './resolve-recipe.js';

/** The faults of the least recipe with these keys replaced, one per line. */
function faultsOf(changes: object): string[] {
  try {
    resolveRecipe({ ...leastRecipe(), ...changes });
  } catch (error) {
    if (error instanceof InvalidRecipe) return error.message.split('\n');
    throw error;
  }
  return [];
}

const data = (changes: object) => ({ data: { ...leastRecipe().data, ...changes } });
const tiny = (changes: object) => ({ models: { small: { tiny: { family: 'llama', ...changes } } } });
const columns = { prompt: 'p', response_a: 'a', response_b: 'b' };

describe('a fault', () => {
  it.each<[string, object, string]>([
    [
      'an unknown key',
      { folds: { cuont: 3 } },
      'folds.cuont: unknown key; docs/recipe.md lists those of this version',
    ],
    [
      'an unknown key at the top',
      { teacher: {} },
      'teacher: unknown key; docs/recipe.md lists those of this version',
    ],
    [
      'a key whose code comes later',
      { run: { budget: {} } },
      'run.budget: unknown key; docs/recipe.md lists those of this version',
    ],
    ['a wrong type', { folds: { count: '3' } }, 'folds.count: expected number, received string'],
    ['a missing key', { student: {} }, 'student.base: expected string, but the key is missing'],
    [
      'one fold',
      { folds: { count: 1 } },
      'folds.count: at least 2 folds: with one there is nothing to hold out',
    ],
    ['another version', { nacre: 2 }, 'nacre: expected 1'],
    [
      'a name that no workflow id takes',
      { name: 'My Run' },
      'name: lower-case letters, digits and hyphens, at most 40',
    ],
    [
      'a source name',
      data({ 'a b': { synthetic: { rows: 1, seed: 1 } } }),
      'data.a b: the name must be lower-case letters, digits, hyphens and underscores, at most 40',
    ],
    [
      'unknown labels',
      { labels: ['yes', 'no'] },
      'labels: write [model_a, model_b, tie] or [model_a, model_b]',
    ],
    [
      'a path of another scheme',
      data({ test: { path: 'https://host/a.csv' } }),
      'data.test.path: write s3://bucket/key or the path of a local file',
    ],
    [
      'no duration',
      { run: { pools: { cpu: { heartbeat_timeout: '5' } } } },
      'run.pools.cpu.heartbeat_timeout: a number and a unit: 500ms, 90s, 10m, 12h, 3d',
    ],
    ['neither path nor synthetic', data({ test: {} }), 'data.test: give either path or synthetic'],
    [
      'both path and synthetic',
      data({ test: { path: 'a', synthetic: { rows: 1, seed: 1 } } }),
      'data.test: give either path or synthetic',
    ],
    [
      'columns without their format',
      data({ test: { path: 'a', columns } }),
      'data.test: columns goes with format: columns',
    ],
    [
      'every loss off',
      { student: { base: 'small', losses: { cross_entropy: 0, kl: 0, cosine: 0 } } },
      'student.losses: every loss has weight 0',
    ],
  ])('of the shape is named with its place: %s', (_, changes, fault) => {
    expect(faultsOf(changes)).toEqual([fault]);
  });

  it.each<[string, object, string]>([
    [
      'a source of no known use',
      data({ mine: { path: 'a' } }),
      'data.mine.use: say what the rows are for (train, extra, post_pretrain, test, submission_order)',
    ],
    [
      'an order that is trained on',
      data({ extra: { path: 'a', format: 'sample_submission' } }),
      'data.extra: a sample_submission can only have use: submission_order',
    ],
    [
      'an order in another format',
      data({ sample_submission: { path: 'a', format: 'arena_csv' } }),
      'data.sample_submission: use: submission_order needs format: sample_submission',
    ],
    [
      'training rows without a label',
      data({ extra: { path: 'a', format: 'columns', columns } }),
      'data.extra.columns.label: rows that are trained on need a label',
    ],
    [
      'a label that is none',
      {
        labels: ['model_a', 'model_b'],
        ...data({
          extra: { path: 'a', format: 'columns', columns: { ...columns, label: { always: 'tie' } } },
        }),
      },
      'data.extra.columns.label.always: tie is none of labels',
    ],
    [
      'ids beside columns',
      data({
        extra: {
          ...{ path: 'a', format: 'columns', ids: 'row_number' },
          columns: { ...columns, label: { always: 'tie' } },
        },
      }),
      'data.extra.ids: format: columns says it by columns.id, or by leaving that out',
    ],
    [
      'test rows without ids',
      data({ test: { path: 'a', ids: 'row_number' } }),
      'data.test.ids: test rows are predicted by the ids of their file; leave ids out',
    ],
    [
      'synthetic rows in a format',
      data({
        extra: {
          synthetic: { rows: 1, seed: 3 },
          format: 'columns',
          columns: { ...columns, label: { always: 'tie' } },
        },
      }),
      'data.extra.format: synthetic rows have no file to read; leave format out',
    ],
    [
      'two train sources',
      data({ more: { synthetic: { rows: 1, seed: 3 }, use: 'train' } }),
      'data: exactly one source must have use: train, there are 2',
    ],
    [
      'two orders',
      data({
        sample_submission: { path: 'a' },
        order: { path: 'b', format: 'sample_submission', use: 'submission_order' },
      }),
      'data: at most one source may have use: submission_order',
    ],
    [
      'a prediction of no test source',
      { predict: { data: 'train' } },
      'predict.data: train is no source with use: test',
    ],
    [
      'a prediction of nothing',
      { predict: { data: 'constructor' } },
      'predict.data: constructor is no source with use: test',
    ],
    [
      'post-pretraining on no such source',
      { post_pretrain: { data: 'ut' } },
      'post_pretrain.data: ut is no source with use: post_pretrain',
    ],
    [
      'a teacher of no model',
      { teachers: { large: {} } },
      'teachers.large: no model of that name under models',
    ],
    [
      'a teacher named like a property of every object',
      { teachers: { constructor: {} } },
      'teachers.constructor: no model of that name under models',
    ],
    ['a student of no model', { student: { base: 'large' } }, 'student.base: no model large under models'],
    [
      'heads that do not divide the width',
      tiny({ num_attention_heads: 6, num_key_value_heads: 2 }),
      'models.small.tiny.num_attention_heads: 6 does not divide hidden_size',
    ],
    [
      'key heads that do not divide the heads',
      tiny({ num_key_value_heads: 3 }),
      'models.small.tiny.num_key_value_heads: does not divide num_attention_heads',
    ],
    [
      'latents of real rows',
      data({ train: { path: 'train.csv' } }),
      'models.small.tiny.warm_up.on: latents exist only for a synthetic train source; use text',
    ],
    [
      'a head of nothing',
      { training: { head: { init: 'keep' } } },
      'training.head.init: keep needs a post_pretrain whose head the folds go on with',
    ],
    [
      'pairs that do not fill a step',
      { training: { swap_answers: 'paired', global_batch: 15 } },
      'training.global_batch: with swap_answers: paired a step holds whole pairs; write an even number',
    ],
    [
      'dev rows of a student that holds out none',
      { student: { base: 'small', fit: 'full', selection: 'best_dev' } },
      'student.selection: best_dev needs dev rows, which this fit trains on; use last or ema',
    ],
    [
      'labels of a fold for a student without one',
      { student: { base: 'small', fit: { full_seeds: 2 }, labels: 'nested' }, folds: { count: 3 } },
      'student.labels: nested labels the rows of a fold’s student; use in_sample or out_of_fold with this fit',
    ],
    [
      'pairs of two folds',
      { student: { base: 'small', labels: 'nested' }, folds: { count: 2 } },
      'student.labels: nested holds out two folds at once and needs folds.count of 3 or more; raise it or use out_of_fold',
    ],
    [
      'a gate without rows to ask',
      { gates: { quantize: { max_log_loss_rise: 0 } }, folds: { blind_fraction: 0 } },
      'gates.quantize: there are no blind rows to measure on; raise folds.blind_fraction',
    ],
    [
      'a control that is what it controls',
      { controls: { round_to_nearest: true }, quantize: { method: 'round_to_nearest' } },
      'controls.round_to_nearest: quantize.method rounds to nearest already',
    ],
    [
      'a choice by dev rows that the teachers have seen',
      {
        teachers: { small: {} },
        student: { base: 'small', labels: 'out_of_fold', selection: 'best_dev' },
      },
      'student.selection: best_dev chooses by dev rows that the teachers of labels: out_of_fold have seen; use last, ema or labels: nested',
    ],
    [
      'a control that no fold measures',
      { student: { base: 'small', fit: 'full' }, controls: { student_alone: true } },
      'controls.student_alone: it is measured by folds; use fit: folds',
    ],
    [
      'a student that nothing measures',
      { student: { base: 'small', fit: 'full' }, folds: { blind_fraction: 0 } },
      'folds.blind_fraction: without student folds only blind rows measure anything; raise it',
    ],
    [
      'a stage on rows that no student learns from',
      {
        student: {
          base: 'small',
          stages: [{ data: ['test'], targets: 'votes', epochs: 1, learning_rate: 1 }],
        },
      },
      'student.stages.0.data: test is no source with use: train or extra',
    ],
    [
      'a stage that learns from no teacher',
      { student: { base: 'small', stages: [{ data: ['train'], epochs: 1, learning_rate: 1 }] } },
      'student.stages.0.targets: there are no teachers; write votes',
    ],
    [
      'losses for rows that no student learns from',
      { student: { base: 'small', losses: { by_source: { test: { kl: 2 } } } } },
      'student.losses.by_source.test: no source with use: train or extra has that name',
    ],
    [
      'nothing to learn from',
      { student: { base: 'small', losses: { cross_entropy: 0 } } },
      'student.losses.cross_entropy: without teachers it is the only loss and cannot be 0',
    ],
  ])('between two places is named: %s', (_, changes, fault) => {
    expect(faultsOf(changes)).toEqual([fault]);
  });

  it('never hides another: all are listed', () => {
    expect(
      faultsOf({ nmae: 'x', folds: { count: 0, seed: 'a' }, student: { base: 'small', epochs: 1.5 } }),
    ).toHaveLength(4);
    expect(faultsOf({ teachers: { a: {}, b: {} }, student: { base: 'c' } })).toHaveLength(3);
  });

  it.each([[null], [[]], ['text'], [3], [undefined]])('is also a document that is no map: %j', (document) => {
    expect(() => resolveRecipe(document)).toThrow(/^recipe: expected object/);
  });
});
