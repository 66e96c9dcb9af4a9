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
