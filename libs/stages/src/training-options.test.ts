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
