import { describe, expect, it } from 'vitest';

import { dryRun } from './dry-runner.js';
import { assertStageNames, meansStage, stagesUntil } from './named-stages.js';
import { changedRecipe } from './recipe.fixture.js';

const planned = await dryRun(changedRecipe());

describe('the stages that a word means', () => {
  it.each([
    ['merge', 'merge', true],
    ['merge', 'evaluate/merged', false],
    ['teacher/', 'teacher/llama/fold-0', true],
    ['teacher', 'teacher/llama/fold-0', false],
    ['', 'merge', false],
  ])('%j and %s: %s', (word, stage, means) => {
    expect(meansStage(word, stage)).toBe(means);
  });
});

describe('until a stage', () => {
  it('only that stage and all it needs are left, the gate before training among them', () => {
    const left = stagesUntil(planned, 'teacher/llama/fold-1');
    expect(left).toContain('leak-gate');
    expect(left).toContain('post-pretrain/llama');
    expect(left).toContain('prepare/test');
    expect([...left].filter((name) => /^(teacher|student|merge)/.test(name))).toEqual([
      'teacher/llama/fold-1',
    ]);
  });

  it('a beginning leaves several, and no word leaves all', () => {
    const left = stagesUntil(planned, 'teacher/');
    expect([...left].filter((name) => name.startsWith('teacher/'))).toHaveLength(2);
    expect(left.has('logits/llama/fold-0')).toBe(false);
    expect(stagesUntil(planned, undefined).size).toBe(planned.length);
  });
});

describe('the names in the settings of a run', () => {
  it('may be stages and beginnings of stages', () => {
    const recipe = changedRecipe({ 'run.until': 'merge', 'run.cache.off': ['folds', 'logits/'] });
    expect(() => {
      assertStageNames(recipe, planned);
    }).not.toThrow();
  });

  it('are refused together, each with its place and what may have been meant', () => {
    const recipe = changedRecipe({ 'run.until': 'marge', 'run.cache.off': ['folds', 'teacher/lama/fold-0'] });
    expect(() => {
      assertStageNames(recipe, planned);
    }).toThrow(
      /^run\.until: no stage marge; near: merge, .+\nrun\.cache\.off: no stage teacher\/lama\/fold-0; near: teacher\/llama\/fold-0, [^\n]+$/,
    );
  });
});
