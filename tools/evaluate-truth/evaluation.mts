import type { Labels } from '@nacre/contracts/recipe';
import { expectedLosses, meanOfOrders, meanProbabilities, orders, type ProbabilityRow } from '@nacre/metrics';

import type { ModelLogits } from './model-logits.mjs';
import { ResampledMeans, type Estimate } from './resampled-means.mjs';
import type { TextBaseline } from './text-baselines.mjs';

/** Every prediction of the fresh rows, and the truth. */
export interface EvaluationInput {
  readonly labels: Labels;
  readonly truth: readonly ProbabilityRow[];
  /** Class shares of the train rows, for every fresh row. */
  readonly prior: readonly ProbabilityRow[];
  readonly baselines: ReadonlyMap<TextBaseline, readonly ProbabilityRow[]>;
  readonly models: readonly ModelLogits[];
}

/** How well one arm predicts the fresh rows. */
export interface ArmScore {
  readonly arm: string;
  readonly title: string;
  /** Mean of −Σ p_true log p_model, natural logarithm. */
  readonly expected_loss: number;
  /** Paired: the arm minus the prior; below 0 is better. */
  readonly to_prior: Estimate;
  /** Share of the gap from the prior to Bayes: 0 for the prior, 1 for Bayes. */
  readonly gap_closed: Estimate;
}

/** One model of one fold. */
export interface FoldScore {
  readonly arm: string;
  readonly model: string;
  readonly fold: number;
  readonly expected_loss: number;
  readonly to_prior: Estimate;
}

/** The measured quality of a run against the true distribution. */
export interface Evaluation {
  readonly rows: number;
  readonly arms: readonly ArmScore[];
  readonly folds: readonly FoldScore[];
  /** What the teachers are better by than the student alone, and how much of that the student has; null without them. */
  readonly distillation: { readonly gap: Estimate; readonly closed: Estimate } | null;
}

interface Arm {
  readonly arm: string;
  readonly title: string;
  readonly predictions: readonly ProbabilityRow[];
}

/**
 * Scores every arm. Models of folds count as the mean of their probabilities, answers as given; intervals are
 * bootstrapped over the rows, all from the same draws.
 *
 * @throws ContractViolation naming a row that an arm lacks, has in excess or twice
 */
export function evaluation(
  input: EvaluationInput,
  draws: { readonly resamples: number; readonly seed: number },
): Evaluation {
  const { labels, truth, models } = input;
  const arms = armsOf(input);
  const perFold = models.flatMap(({ arm, model, fold, rows }) =>
    fold === null ? [] : [{ arm, model, fold, predictions: orders(labels, rows).asGiven }],
  );
  const columns = new Map<string, Float64Array>();
  for (const { arm, title, predictions } of arms) columns.set(arm, expectedLosses(truth, predictions, title));
  for (const model of perFold)
    columns.set(foldColumn(model), expectedLosses(truth, model.predictions, foldColumn(model)));
  const means = new ResampledMeans(columns, draws);
  const toPrior = (column: string) => means.estimate((mean) => mean(column) - mean('prior'));
  const compared = ['student_alone', 'teachers', 'student'].every((arm) => columns.has(arm));
  return {
    rows: truth.length,
    arms: arms.map(({ arm, title }) => ({
      arm,
      title,
      expected_loss: means.estimate((mean) => mean(arm)).value,
      to_prior: toPrior(arm),
      gap_closed: means.estimate((mean) => (mean('prior') - mean(arm)) / (mean('prior') - mean('bayes'))),
    })),
    folds: perFold.map(({ predictions: _predictions, ...model }) => ({
      ...model,
      expected_loss: means.estimate((mean) => mean(foldColumn(model))).value,
      to_prior: toPrior(foldColumn(model)),
    })),
    distillation: compared
      ? {
          gap: means.estimate((mean) => mean('student_alone') - mean('teachers')),
          closed: means.estimate(
            (mean) => (mean('student_alone') - mean('student')) / (mean('student_alone') - mean('teachers')),
          ),
        }
      : null,
  };
}

function armsOf({ labels, truth, prior, baselines, models }: EvaluationInput): Arm[] {
  const titles = { length_only: 'Length only', bag_of_words: 'Bag of words' } as const;
  const ofArm = (arm: ModelLogits['arm']) => models.filter((model) => model.arm === arm);
  const mean = (arm: ModelLogits['arm'], title: (count: number) => string): Arm[] => {
    const given = ofArm(arm).map(({ rows }) => orders(labels, rows).asGiven);
    return given.length === 0
      ? []
      : [{ arm, title: title(given.length), predictions: meanProbabilities(given) }];
  };
  return [
    { arm: 'prior', title: 'Prior', predictions: prior },
    ...[...baselines].map(([arm, predictions]) => ({ arm, title: titles[arm], predictions })),
    { arm: 'bayes', title: 'Bayes', predictions: truth },
    ...mean('teachers', (count) => `Teachers, mean of ${count}`),
    ...mean('student_alone', (count) => `Student alone, mean of ${count}`),
    ...mean('student', (count) => `Student, mean of ${count}`),
    ...mean('merged', () => 'Merged'),
    ...mean('quantized', () => '8-bit'),
    ...ofArm('quantized').map(({ rows }) => ({
      arm: 'both_orders',
      title: '8-bit, both orders',
      predictions: meanOfOrders(labels, rows),
    })),
  ];
}

function foldColumn({ arm, model, fold }: { arm: string; model: string; fold: number }): string {
  return `${arm}/${model}/fold-${fold}`;
}
