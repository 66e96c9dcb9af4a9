import { describe, expect, it } from 'vitest';

import { dryRun } from './dry-runner.js';
import { changedRecipe } from './recipe.fixture.js';

const describeSource = (uri: string) => ({ uri, etag: 'e', size: 1, version_id: null });
const planned = async (changes?: Readonly<Record<string, unknown>>) =>
  new Map((await dryRun(changedRecipe(changes), describeSource)).map((stage) => [stage.name, stage]));

describe('the recipe as stages', () => {
  it('names every stage once', async () => {
    const stages = await dryRun(changedRecipe(), describeSource);
    expect(new Set(stages.map(({ name }) => name)).size).toBe(stages.length);
  });

  it('asks for a stage only after those it needs', async () => {
    const before = new Set<string>();
    for (const { name, needs } of await dryRun(changedRecipe(), describeSource)) {
      for (const needed of needs) expect(before, `${name} needs ${needed}`).toContain(needed);
      before.add(name);
    }
  });

  it('lets no GPU stage run before the leak gate and the order of the submission are green', async () => {
    const stages = await planned();
    const reaches = (name: string, goal: string): boolean =>
      name === goal || (stages.get(name)?.needs ?? []).some((needed) => reaches(needed, goal));
    for (const { name, pool } of stages.values()) {
      if (pool !== 'gpu') continue;
      expect(reaches(name, 'leak-gate'), name).toBe(true);
      expect(reaches(name, 'prepare/sample_submission'), name).toBe(true);
    }
  });

  it('teaches the student of a fold by the teachers of that fold alone', async () => {
    const student = (await planned()).get('student/fold-1');
    expect(student?.reads.filter((name) => name.startsWith('logits/'))).toEqual(['logits/llama/fold-1']);
  });

  it('trains the student alone with the same steps and cross-entropy only', async () => {
    const stages = await planned();
    const student = stages.get('student/fold-0');
    const alone = stages.get('student-alone/fold-0');
    expect(alone?.parameters).toEqual({
      ...(student?.parameters as object),
      teachers: [],
      losses: { cross_entropy: 1, kl: 0, cosine: 0, temperature: 1 },
    });
    expect(alone?.reads).toEqual(student?.reads.filter((name) => !name.startsWith('logits/')));
  });

  it('trains the student on permuted teachers with everything else the same, where the recipe asks for it', async () => {
    const stages = await planned({ 'controls.permuted_teachers': true });
    const student = stages.get('student/fold-1');
    const permuted = stages.get('permuted-teachers/fold-1');
    expect(permuted?.parameters).toEqual(student?.parameters);
    expect(permuted?.reads).toEqual(
      student?.reads.map((name) =>
        name === 'logits/llama/fold-1' ? `permuted-logits/fold-1/llama/fold-1` : name,
      ),
    );
    expect(stages.get('permuted-logits/fold-1/llama/fold-1')?.reads).toEqual([
      'logits/llama/fold-1',
      'folds',
    ]);
    expect(stages.get('measure')?.reads).toContain('evaluate/permuted-teachers/fold-1');
    expect(stages.get('merge')?.reads).toEqual(['student/fold-0', 'student/fold-1']);
    expect([...(await planned()).keys()].filter((name) => name.includes('permuted'))).toEqual([]);
  });

  it('measures the merged student rounded to nearest beside the calibrated one, where the recipe asks for it', async () => {
    const stages = await planned({ 'controls.round_to_nearest': true });
    const [calibrated, nearest] = [stages.get('quantize'), stages.get('round-to-nearest')];
    expect(nearest?.reads).toEqual(calibrated?.reads);
    expect(nearest?.parameters).toEqual({
      ...(calibrated?.parameters as object),
      method: 'round_to_nearest',
    });
    expect(stages.get('measure')?.reads).toContain('evaluate/round-to-nearest');
    expect(stages.get('predict')?.reads).not.toContain('round-to-nearest');
  });

  it('lets nothing be quantized before the gate of the merge, nor predicted before the gate of the 8 bits', async () => {
    const limit = { max_log_loss_rise: 0.003 };
    const stages = await planned({ 'gates.merge': limit, 'gates.quantize': limit });
    const student = ['evaluate/student/fold-0', 'evaluate/student/fold-1'];
    expect(stages.get('gate/merge')?.reads).toEqual(['folds', 'evaluate/merged', ...student]);
    expect(stages.get('gate/quantize')?.reads).toEqual(['folds', 'evaluate/merged', 'evaluate/quantized']);
    expect(stages.get('quantize')?.needs).toContain('gate/merge');
    expect(stages.get('predict')?.needs).toContain('gate/quantize');
    const open = await planned();
    expect(open.get('quantize')?.key).toBe(stages.get('quantize')?.key);
    expect(open.get('predict')?.key).toBe(stages.get('predict')?.key);
  });

  it('merges the students of all folds and quantizes what was merged', async () => {
    const stages = await planned();
    expect(stages.get('merge')?.reads).toEqual(['student/fold-0', 'student/fold-1']);
    expect(stages.get('quantize')?.reads).toContain('merge');
  });

  it('takes any number of teachers', async () => {
    const three = await planned({
      'models.qwen': { tiny: { family: 'qwen2' } },
      teachers: { llama: {}, qwen: {}, gemma: {} },
    });
    expect(three.get('student/fold-0')?.reads.filter((name) => name.startsWith('logits/'))).toEqual([
      'logits/llama/fold-0',
      'logits/qwen/fold-0',
      'logits/gemma/fold-0',
    ]);
    const none = await planned({ teachers: {} });
    expect(
      [...none.keys()].some((name) => name.startsWith('teacher/') || name.startsWith('student-alone/')),
    ).toBe(false);
    expect(none.get('student/fold-0')?.parameters).toMatchObject({ teachers: [], losses: { kl: 0 } });
  });

  it('drops leaks, when asked to, before anything reads the rows that are trained on', async () => {
    const dropped = [...(await planned({ 'gates.leak.otherwise': 'drop' })).values()];
    for (const source of ['train', 'extra', 'ours', 'ut']) {
      const readers = dropped.filter(({ reads }) => reads.includes(`prepare/${source}`));
      expect(readers.map(({ name }) => name)).toEqual([`drop-leaks/${source}`]);
    }
    const inputsOf = (name: string) => dropped.find((stage) => stage.name === name)?.reads;
    expect(inputsOf('drop-leaks/train')).toEqual(['prepare/train', 'prepare/test']);
    expect(inputsOf('drop-leaks/ut')).toEqual(['prepare/ut', 'prepare/test', 'drop-leaks/train', 'folds']);
    expect(inputsOf('leak-gate')).toContain('drop-leaks/ut');
    expect([...(await planned()).keys()].filter((name) => name.startsWith('drop-leaks'))).toEqual([]);
  });

  it('submits nothing before the figures are plausible, where the recipe has a floor', async () => {
    const stages = await planned({ 'gates.plausibility.min_log_loss': 0.5 });
    expect(stages.get('plausibility-gate')?.reads).toEqual(['measure']);
    expect(stages.get('submit')?.needs).toContain('plausibility-gate');
    expect(stages.get('submit')?.reads).not.toContain('plausibility-gate');
    expect((await planned()).has('plausibility-gate')).toBe(false);
  });

  it('leaves post-pretraining out when the recipe has none, and blind measurements without blind rows', async () => {
    const stages = await planned({ post_pretrain: undefined, 'folds.blind_fraction': 0 });
    expect(
      [...stages.keys()].filter((name) => /^(post-pretrain|evaluate\/(merged|quantized))/.test(name)),
    ).toEqual([]);
    expect(stages.get('teacher/llama/fold-0')?.reads).not.toContain('post-pretrain/llama');
  });
});
