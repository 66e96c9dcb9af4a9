import { describe, expect, it } from 'vitest';

import { dryRun } from './dry-runner.js';
import { changedRecipe } from './recipe.fixture.js';

const describeSource = (uri: string) => ({ uri, etag: 'e', size: 1, version_id: null });
const planned = async (changes?: Readonly<Record<string, unknown>>) =>
  new Map((await dryRun(changedRecipe(changes), describeSource)).map((stage) => [stage.name, stage]));

describe('student.selection', () => {
  it('chooses the weights of every arm of the student, and of a teacher only where that says so', async () => {
    const stages = await planned({ 'student.selection': 'best_dev', 'controls.permuted_teachers': true });
    for (const name of ['student/fold-0', 'student-alone/fold-0', 'permuted-teachers/fold-0'])
      expect(stages.get(name)?.parameters).toMatchObject({ selection: 'best_dev' });
    expect(stages.get('teacher/llama/fold-0')?.parameters).not.toHaveProperty('selection');
  });

  it('tells the measurement whose dev scores are optimistic', async () => {
    const told = async (changes: Readonly<Record<string, unknown>>) =>
      (await planned(changes)).get('measure')?.parameters;
    expect(await told({ 'student.selection': 'best_dev' })).toMatchObject({
      selected_on_dev: ['student', 'student_alone'],
    });
    expect(await told({ 'teachers.llama.selection': 'best_dev' })).toMatchObject({
      selected_on_dev: ['teacher'],
    });
    expect(await told({ 'student.selection': 'ema' })).not.toHaveProperty('selected_on_dev');
  });
});

describe('training.head', () => {
  it('is kept from post-pretraining to teachers and students, while that starts as ever', async () => {
    const usual = await planned();
    const kept = await planned({ 'training.head.init': 'keep' });
    expect(kept.get('post-pretrain/llama')?.key).toBe(usual.get('post-pretrain/llama')?.key);
    for (const name of ['teacher/llama/fold-0', 'student/fold-0', 'student-alone/fold-1']) {
      expect(kept.get(name)?.parameters).toMatchObject({ head: { init: 'keep' } });
      expect(kept.get(name)?.reads.some((read) => read.startsWith('post-pretrain/'))).toBe(true);
    }
  });
});

describe('student.fit', () => {
  const alone = { 'controls.student_alone': false };

  it('says folds by saying nothing', async () => {
    expect(await planned({ 'student.fit': 'folds' })).toEqual(await planned());
  });

  it('full: one student, as its teachers, holds out no fold and is measured on blind rows once merged', async () => {
    const stages = await planned({ ...alone, 'student.fit': 'full' });
    const names = [...stages.keys()];
    expect(names.filter((name) => /^(teacher|logits|student|evaluate)\//.test(name))).toEqual([
      'teacher/llama/full',
      'logits/llama/full',
      'student/full',
      'evaluate/merged',
      'evaluate/quantized',
    ]);
    expect(stages.get('teacher/llama/full')?.parameters).toMatchObject({ fold: null });
    expect(stages.get('student/full')?.parameters).toMatchObject({ fold: null, teachers: ['llama'] });
    expect(stages.get('student/full')?.parameters).not.toHaveProperty('order_seed');
    expect(stages.get('student/full')?.reads).toContain('folds');
    expect(stages.get('merge')?.reads).toEqual(['student/full']);
  });

  it('full with labels out of fold: the rows are labelled by the teachers of all folds', async () => {
    const stages = await planned({ ...alone, 'student.fit': 'full', 'student.labels': 'out_of_fold' });
    expect(stages.get('student/full')?.reads.filter((name) => name.startsWith('logits/'))).toEqual([
      'logits/llama/fold-0',
      'logits/llama/fold-1',
    ]);
  });

  it('full_seeds: students that differ in the order of their rows alone', async () => {
    const stages = await planned({ ...alone, 'student.fit': { full_seeds: 3 } });
    const students = [0, 1, 2].map((index) => stages.get(`student/full-${String(index)}`));
    expect(stages.get('merge')?.reads).toEqual(students.map((student) => student?.name));
    const [first, second, third] = students.map((student) => student?.parameters);
    expect(second).toEqual({ ...(first as object), order_seed: 1235 });
    expect(third).toEqual({ ...(first as object), order_seed: 1236 });
    expect(new Set(students.map((student) => student?.reads.join(' '))).size).toBe(1);
  });
});

describe('student.stages', () => {
  const stages = [
    { data: ['extra', 'ours'], targets: 'teachers', epochs: 1, learning_rate: 2e-4 },
    { data: ['train'], targets: 'votes', epochs: 3, learning_rate: 1e-4 },
    { data: ['train', 'extra'], epochs: 2, learning_rate: 5e-5 },
  ];
  const losses = { kl: 2, by_source: { extra: { cross_entropy: 3 } } };
  const names = ['student/fold-0/stage-1', 'student/fold-0/stage-2', 'student/fold-0'];
  const changes = { 'student.stages': stages, 'student.losses': losses };

  it('are trained one after the other, each from the adapter and the head of the one before', async () => {
    const all = await planned(changes);
    const [first, second, third] = names.map((name) => all.get(name));
    expect(first?.reads).toContain('post-pretrain/gemma');
    expect(first?.parameters).not.toHaveProperty('head');
    expect(second?.reads).toContain(names[0]);
    expect(third?.reads).toContain(names[1]);
    for (const later of [second, third]) {
      expect(later?.parameters).toMatchObject({ head: { init: 'keep' } });
      expect(later?.reads).not.toContain('post-pretrain/gemma');
    }
    expect(all.get('merge')?.reads).toEqual(['student/fold-0', 'student/fold-1']);
    expect(all.get('evaluate/student/fold-0')?.reads).toContain('student/fold-0');
  });

  it('have rows, targets and a schedule of their own, and an order that no other stage has', async () => {
    const all = await planned(changes);
    const [first, second, third] = names.map((name) => all.get(name)?.parameters);
    expect(first).toMatchObject({ sources: ['extra', 'ours'], epochs: 1, learning_rate: 2e-4 });
    expect(first).toMatchObject({
      teachers: ['llama'],
      losses: { cross_entropy: 0, kl: 2, by_source: { extra: { cross_entropy: 0 } } },
    });
    expect(second).toMatchObject({ sources: ['train'], teachers: [], losses: { cross_entropy: 1, kl: 0 } });
    expect(all.get('student/fold-0/stage-2')?.reads.filter((read) => read.startsWith('logits/'))).toEqual([]);
    expect(third).toMatchObject({ teachers: ['llama'], losses: { cross_entropy: 1, kl: 2 } });
    expect(first).not.toHaveProperty('order_seed');
    expect([second, third]).toMatchObject([{ order_seed: 1334 }, { order_seed: 1434 }]);
  });

  it('give the student alone the same steps, of votes', async () => {
    const all = await planned(changes);
    for (const [index, { data, epochs, learning_rate }] of stages.entries()) {
      const name = ['/stage-1', '/stage-2', ''][index] ?? '';
      expect(all.get(`student-alone/fold-0${name}`)?.parameters).toMatchObject({
        ...{ sources: data, epochs, learning_rate, teachers: [] },
        losses: { cross_entropy: 1, kl: 0 },
      });
    }
  });
});
