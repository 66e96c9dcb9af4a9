import type { WaterfallStep } from '@nacre/contracts/measurement';

import type { MeasurementInput } from './measurement-input.js';
import type { ScoredFolds } from './scored-folds.js';

/** Fewer prompt groups than this make a percentile interval too narrow to lean on. */
const FEW_GROUPS = 50;
/** A smaller difference of two means is rounding, not better or worse. */
const ROUNDING = 1e-9;

/** Steps that only stand beside another one, of which a note would say the same again. */
const controls: ReadonlySet<WaterfallStep['step']> = new Set(['single_fold', 'round_to_nearest']);

/** What a reader must know before believing the numbers, one sentence each. */
export function measurementNotes(
  input: MeasurementInput,
  folds: ScoredFolds,
  waterfall: readonly WaterfallStep[],
): string[] {
  return [
    ...teachersSaw(input),
    ...chosenByDevRows(input),
    ...missingFolds(folds),
    ...missingModels(input, folds),
    ...blindRows(folds, waterfall),
    ...waterfall.filter(({ step }) => !controls.has(step)).flatMap(againstPrior),
  ];
}

function teachersSaw({ labelPolicy, models }: MeasurementInput): string[] {
  return labelPolicy === 'out_of_fold' && models.some(({ role }) => role === 'teacher')
    ? [
        'Labels are out of fold: the teachers of a student have seen its dev rows, so its scores on them are too good and count for nothing. Only blind rows measure it.',
      ]
    : [];
}

function chosenByDevRows({ selectedOnDev = [] }: MeasurementInput): string[] {
  return selectedOnDev.length === 0
    ? []
    : [
        `Weights of ${selectedOnDev.join(', ').replaceAll('_', ' ')} were chosen by dev rows (selection: best_dev): their scores on these rows are optimistic. Blind rows are not touched by it.`,
      ];
}

function missingFolds(folds: ScoredFolds): string[] {
  const notes = folds
    .table()
    .flatMap(({ model, role, fold, score }) =>
      score === null
        ? [`Fold ${fold} of ${role.replace('_', ' ')} ${model} is missing: it was skipped.`]
        : [],
    );
  if (notes.length === 0) return [];
  const left = folds.complete.length > 0 ? `folds ${folds.complete.join(', ')}` : 'no fold';
  return [...notes, `Steps are compared out of fold on ${left}, where no model is missing.`];
}

function missingModels({ merged, quantized }: MeasurementInput, folds: ScoredFolds): string[] {
  if (!folds.hasBlind) return [];
  return [
    ...(merged === null ? ['The merged model is missing: its stage was skipped.'] : []),
    ...(quantized === null ? ['The 8-bit model is missing: its stage was skipped.'] : []),
  ];
}

function blindRows(folds: ScoredFolds, waterfall: readonly WaterfallStep[]): string[] {
  if (!folds.hasBlind) {
    return ['There are no blind rows (folds.blind_fraction), so models that saw all folds have no score.'];
  }
  const groups = waterfall.find(({ step }) => step === 'prior')?.blind?.groups ?? 0;
  return groups < FEW_GROUPS
    ? [`Only ${groups} prompt groups are blind: the intervals are too narrow to lean on.`]
    : [];
}

function againstPrior({ title, blind, differences }: WaterfallStep): string[] {
  const difference = differences.find(({ to }) => to === 'prior');
  if (blind === null || difference === undefined) return [];
  const [low, high] = difference.interval;
  if (high < -ROUNDING) return [];
  const interval = `${low.toFixed(4)} to ${high.toFixed(4)}`;
  return low > ROUNDING
    ? [`${title} is worse than the prior on blind rows: the interval of the difference is ${interval}.`]
    : [
        `${title} is not better than the prior on blind rows: the interval of the difference, ${interval}, includes 0.`,
      ];
}
