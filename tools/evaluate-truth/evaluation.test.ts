import { describe, expect, it } from 'vitest';

import { evaluation, type EvaluationInput } from './evaluation.mjs';
import { evaluationMarkdown } from './evaluation-markdown.mjs';
import type { ModelLogits } from './model-logits.mjs';

const labels: EvaluationInput['labels'] = ['model_a', 'model_b'];
const ids = ['fresh:1', 'fresh:2'];
const draws = { resamples: 20, seed: 5 };
const everywhere = (...probabilities: number[]) => ids.map((example_id) => ({ example_id, probabilities }));

/** A model that gives response_a the same probability in every row, whichever place it stands in. */
function model(arm: ModelLogits['arm'], fold: number | null, probability: number): ModelLogits {
  const logit = Math.log(probability / (1 - probability));
  const rows = ids.flatMap((example_id) => [
    { example_id, swapped: true, logits: [0, logit] },
    { example_id, swapped: false, logits: [logit, 0] },
  ]);
  return { arm, model: arm === 'teachers' ? 'big' : 'small', fold, rows };
}

const loss = (truth: number, predicted: number) =>
  -truth * Math.log(predicted) - (1 - truth) * Math.log(1 - predicted);

const input: EvaluationInput = {
  labels,
  truth: everywhere(0.9, 0.1),
  prior: everywhere(0.5, 0.5),
  baselines: new Map([
    ['length_only', everywhere(0.6, 0.4)],
    ['bag_of_words', everywhere(0.7, 0.3)],
  ]),
  models: [
    model('teachers', 0, 0.95),
    model('teachers', 1, 0.75),
    model('student_alone', 0, 0.5),
    model('student', 0, 0.8),
    model('merged', null, 0.8),
    model('quantized', null, 0.8),
  ],
};

describe('an evaluation', () => {
  const { rows, arms, folds, distillation } = evaluation(input, draws);
  const arm = (name: string) => arms.find((score) => score.arm === name)!;

  it('has every arm of the waterfall in its order', () => {
    expect(rows).toBe(2);
    expect(arms.map(({ title }) => title)).toEqual([
      'Prior',
      'Length only',
      'Bag of words',
      'Bayes',
      'Teachers, mean of 2',
      'Student alone, mean of 1',
      'Student, mean of 1',
      'Merged',
      '8-bit',
      '8-bit, both orders',
    ]);
  });

  it('scores the mean of the probabilities of all teachers and folds, not of their losses', () => {
    expect(arm('teachers').expected_loss).toBeCloseTo(loss(0.9, 0.85), 12);
  });

  it('brings swapped rows back to the order of the source', () => {
    expect(arm('quantized').expected_loss).toBeCloseTo(loss(0.9, 0.8), 12);
    expect(arm('both_orders').expected_loss).toBeCloseTo(loss(0.9, 0.8), 12);
  });

  it('measures every arm between the prior and Bayes', () => {
    expect(arm('prior').gap_closed.value).toBe(0);
    expect(arm('bayes').gap_closed.value).toBe(1);
    expect(arm('bayes').expected_loss).toBeCloseTo(loss(0.9, 0.9), 12);
    const closed = (loss(0.9, 0.5) - loss(0.9, 0.7)) / (loss(0.9, 0.5) - loss(0.9, 0.9));
    expect(arm('bag_of_words').gap_closed.value).toBeCloseTo(closed, 12);
    expect(arm('bag_of_words').to_prior.value).toBeCloseTo(loss(0.9, 0.7) - loss(0.9, 0.5), 12);
  });

  it('gives each fold its own score, and none to models of all folds', () => {
    expect(folds.map(({ arm, model, fold }) => [arm, model, fold])).toEqual([
      ['teachers', 'big', 0],
      ['teachers', 'big', 1],
      ['student_alone', 'small', 0],
      ['student', 'small', 0],
    ]);
    expect(folds[1]!.expected_loss).toBeCloseTo(loss(0.9, 0.75), 12);
  });

  it('says how much of the gap between student alone and teachers the student closes', () => {
    const gap = loss(0.9, 0.5) - loss(0.9, 0.85);
    expect(distillation!.gap.value).toBeCloseTo(gap, 12);
    expect(distillation!.closed.value).toBeCloseTo((loss(0.9, 0.5) - loss(0.9, 0.8)) / gap, 12);
  });

  it('does without an arm that the run does not have', () => {
    const scored = evaluation(
      { ...input, models: input.models.filter(({ arm }) => arm === 'student') },
      draws,
    );
    expect(scored.arms.map(({ arm }) => arm)).toEqual([
      'prior',
      'length_only',
      'bag_of_words',
      'bayes',
      'student',
    ]);
    expect(scored.distillation).toBeNull();
  });

  it('refuses logits of other rows', () => {
    const foreign = {
      ...model('merged', null, 0.5),
      rows: [{ example_id: 'train:1', swapped: false, logits: [0, 0] }],
    };
    expect(() => evaluation({ ...input, models: [foreign] }, draws)).toThrow(
      'Merged: fresh:1 has no prediction',
    );
  });
});

describe('its Markdown', () => {
  const markdown = (models: readonly ModelLogits[]) =>
    evaluationMarkdown(evaluation({ ...input, models }, draws), {
      workflowId: 'demo-1',
      seed: 5,
      command: 'again demo-1',
    });

  it('has a row per arm and per fold and ends with the command', () => {
    const lines = markdown(input.models).split('\n');
    expect(lines).toContain(
      `| Bayes | ${loss(0.9, 0.9).toFixed(4)} | −0.3681 | −0.3681 … −0.3681 | 100.0 % |`,
    );
    expect(lines.filter((line) => /^\| \d+ \|/.test(line))).toHaveLength(4);
    expect(lines.at(-1)).toBe('`again demo-1`');
  });

  it('calls what the student closes undetermined where the teachers are hardly better than the student alone', () => {
    const models = [model('teachers', 0, 0.71), model('student_alone', 0, 0.7), model('student', 0, 0.705)];
    expect(markdown(models)).toContain('undetermined');
    expect(markdown(input.models)).not.toContain('undetermined');
  });
});
