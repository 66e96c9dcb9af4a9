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

  it('leaves post-pretraining out when the recipe has none, and blind measurements without blind rows', async () => {
    const stages = await planned({ post_pretrain: undefined, 'folds.blind_fraction': 0 });
    expect(
      [...stages.keys()].filter((name) => /^(post-pretrain|evaluate\/(merged|quantized))/.test(name)),
    ).toEqual([]);
    expect(stages.get('teacher/llama/fold-0')?.reads).not.toContain('post-pretrain/llama');
  });
});
