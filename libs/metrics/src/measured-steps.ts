import { meanOfOrders } from './mean-of-orders.js';
import type { MeasuredStep } from './measured-step.js';
import type { MeasurementInput } from './measurement-input.js';
import { orders } from './orders.js';
import { meanRowLosses } from './row-losses.js';
import type { LogitRow } from './rows.js';
import type { ScoredFolds } from './scored-folds.js';

/** The steps of the waterfall that the run has, in the order of the recipe, the controls before what they control. */
export function measuredSteps(input: MeasurementInput, folds: ScoredFolds): MeasuredStep[] {
  const { labels, merged, roundToNearest, quantized } = input;
  return [
    { step: 'prior', title: 'Prior', outOfFold: folds.priorOutOfFold(), blind: folds.priorBlind() },
    ...foldSteps(folds),
    ...(merged === null ? [] : [lateStep(input, folds, 'merged', 'Merged', merged)]),
    ...(roundToNearest === null
      ? []
      : [lateStep(input, folds, 'round_to_nearest', '8-bit, to nearest', roundToNearest)]),
    ...(quantized === null ? [] : [lateStep(input, folds, 'quantized', '8-bit', quantized)]),
    ...(quantized === null || !hasBothOrders(quantized)
      ? []
      : [
          {
            step: 'both_orders' as const,
            title: '8-bit, both orders',
            outOfFold: null,
            blind: folds.blindOf(meanOfOrders(labels, quantized)),
          },
        ]),
  ];
}

/** Whether a model was asked in both orders of the answers. */
export function hasBothOrders(rows: readonly LogitRow[]): boolean {
  return rows.some((row) => row.swapped);
}

function foldSteps(folds: ScoredFolds): MeasuredStep[] {
  const teachers = folds.members('teacher').length;
  const arms = [
    { step: 'student_alone', role: 'student_alone', title: 'Student alone' },
    { step: 'permuted_teachers', role: 'permuted_teachers', title: 'Permuted teachers' },
    {
      step: 'teachers',
      role: 'teacher',
      title: teachers === 1 ? 'Teacher' : `Teachers, mean of ${teachers}`,
    },
    { step: 'student', role: 'student', title: 'Student' },
  ] as const;
  const steps: MeasuredStep[] = arms
    .filter(({ role }) => folds.members(role).length > 0)
    .map(({ step, role, title }) => ({
      step,
      title,
      outOfFold: folds.outOfFold(role),
      blind: folds.blind(role),
      swapped: { outOfFold: folds.outOfFold(role, 'swapped'), blind: folds.blind(role, 'swapped') },
    }));
  const apart = folds.blindApart('student');
  if (apart.length === 0) return steps;
  const title = `Single fold, mean of ${apart.length}`;
  return [
    ...steps,
    { step: 'single_fold', title, outOfFold: null, blind: null, blindLosses: meanRowLosses(apart) },
  ];
}

function lateStep(
  { labels }: MeasurementInput,
  folds: ScoredFolds,
  step: MeasuredStep['step'],
  title: string,
  rows: readonly LogitRow[],
): MeasuredStep {
  const { asGiven, swapped } = orders(labels, rows);
  const other = hasBothOrders(rows) ? folds.blindOf(swapped) : null;
  return {
    step,
    title,
    outOfFold: null,
    blind: folds.blindOf(asGiven),
    swapped: { outOfFold: null, blind: other },
  };
}
