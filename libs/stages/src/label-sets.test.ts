import { describe, expect, it } from 'vitest';

import { dryRun } from './dry-runner.js';
import { labelSets } from './label-sets.js';
import { changedRecipe } from './recipe.fixture.js';

const describeSource = (uri: string) => ({ uri, etag: 'e', size: 1, version_id: null });
const planned = async (changes: Readonly<Record<string, unknown>>) =>
  new Map((await dryRun(changedRecipe(changes), describeSource)).map((stage) => [stage.name, stage]));
type Planned = Awaited<ReturnType<typeof planned>>;
const logitsOf = (stages: Planned, student: string) =>
  stages.get(student)?.reads.filter((name) => name.startsWith('logits/'));

/** The sources of a folder in the competition's format, as arena-mini is one. */
const competition = {
  'data.train': { path: 's3://bucket/train.csv' },
  'models.llama': { tiny: { family: 'llama', warm_up: { on: 'text' } } },
  'models.gemma': { tiny: { family: 'gemma2', warm_up: { on: 'text' } } },
};

describe('the teachers of a student', () => {
  it('are those of its own fold, of every fold, or of every pair with its fold', () => {
    const heldOut = (...of: Parameters<typeof labelSets>) => labelSets(...of).map((set) => set.heldOut);
    expect(heldOut('in_sample', 1, 3)).toEqual([[1]]);
    expect(heldOut('out_of_fold', 1, 3)).toEqual([[1], [2], [0]]);
    expect(heldOut('nested', 1, 3)).toEqual([
      [1, 2],
      [0, 1],
    ]);
  });
});

describe('the label policy of a recipe', () => {
  it('leaves every stage as it was when it says in_sample, which it means by saying nothing', async () => {
    expect(await planned({ 'student.labels': 'in_sample' })).toEqual(await planned({}));
  });

  it('out_of_fold: a student reads the labels of the teachers of every fold, and which may label which row', async () => {
    const stages = await planned({ 'student.labels': 'out_of_fold' });
    expect(logitsOf(stages, 'student/fold-1')).toEqual(['logits/llama/fold-1', 'logits/llama/fold-0']);
    expect(stages.get('student/fold-1')?.reads).toContain('label-folds');
    expect(stages.get('student/fold-1')?.parameters).toMatchObject({ label_policy: 'out_of_fold' });
    expect(stages.get('logits/llama/fold-0')?.parameters).toMatchObject({ rows: 'held_out', fold: 0 });
  });

  it('out_of_fold without extra rows: the teachers are those of in_sample, and with them they are not', async () => {
    const teacherKey = async (changes: Readonly<Record<string, unknown>>) =>
      (await planned(changes)).get('teacher/llama/fold-0')?.key;
    const alone = { 'data.extra.use': 'post_pretrain', 'data.ours.use': 'post_pretrain' };
    expect(await teacherKey({ ...alone, 'student.labels': 'out_of_fold' })).toBe(await teacherKey(alone));
    expect(await teacherKey({ 'student.labels': 'out_of_fold' })).not.toBe(await teacherKey({}));
  });

  it('nested: one teacher per pair of folds, shared by the students of both', async () => {
    const stages = await planned({ 'student.labels': 'nested', 'folds.count': 4 });
    const teachers = [...stages.values()].filter(({ kind }) => kind === 'train_teacher');
    expect(teachers.map(({ name }) => name).sort()).toEqual(
      ['0-1', '0-2', '0-3', '1-2', '1-3', '2-3'].map((pair) => `teacher/llama/folds-${pair}`),
    );
    expect(stages.get('teacher/llama/folds-1-3')?.parameters).toMatchObject({ fold: 1, second_fold: 3 });
    expect(stages.get('logits/llama/folds-1-3')?.parameters).toMatchObject({ fold: 1, second_fold: 3 });
    expect(logitsOf(stages, 'student/fold-3')).toEqual([
      'logits/llama/folds-0-3',
      'logits/llama/folds-1-3',
      'logits/llama/folds-2-3',
    ]);
  });

  it.each(['in_sample', 'out_of_fold', 'nested'])(
    '%s: another teacher asks for its own logits alone, and leaves those of the others a hit',
    async (policy) => {
      const recipe = { 'student.labels': policy, 'folds.count': 3 };
      const before = await planned(recipe);
      const after = await planned({ ...recipe, teachers: { llama: {}, gemma: {} } });
      const exported = (stages: Planned) =>
        new Map(
          [...stages.values()].filter(({ name }) => name.startsWith('logits/')).map((s) => [s.key, s.name]),
        );
      const known = exported(before);
      const added = [...exported(after)].filter(([key]) => !known.has(key)).map(([, name]) => name);
      expect(added).toHaveLength(3);
      expect(added.every((name) => name.startsWith('logits/gemma/'))).toBe(true);
    },
  );

  it('nested needs three folds', async () => {
    await expect(planned({ 'student.labels': 'nested', 'folds.count': 2 })).rejects.toThrow(
      'student.labels: nested holds out two folds at once and needs folds.count of 3 or more',
    );
  });

  it.each(['in_sample', 'out_of_fold', 'nested'])(
    '%s: every stage is asked for once and after what it needs, and every label is measured',
    async (policy) => {
      for (const changes of [competition, { controls: { student_alone: true } }, { teachers: {} }]) {
        const recipe = { ...changes, 'folds.count': 3, 'student.labels': policy };
        const stages = await dryRun(changedRecipe(recipe), describeSource);
        expect(new Set(stages.map(({ name }) => name)).size).toBe(stages.length);
        const before = new Set<string>();
        for (const { name, needs } of stages) {
          for (const needed of needs) expect(before, `${name} needs ${needed}`).toContain(needed);
          before.add(name);
        }
        const read = stages.find(({ name }) => name === 'measure')?.reads ?? [];
        const exported = stages.filter(({ name }) => name.startsWith('logits/')).map(({ name }) => name);
        expect(read).toEqual(expect.arrayContaining(exported));
      }
    },
  );
});
