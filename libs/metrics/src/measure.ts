import type { Measurement } from '@nacre/contracts/measurement';

import { meanOfOrders } from './mean-of-orders.js';
import { measurementNotes } from './measurement-notes.js';
import { type MeasuredStep, scoreSteps } from './measured-step.js';
import type { MeasurementInput } from './measurement-input.js';
import { orders } from './orders.js';
import type { LogitRow } from './rows.js';
import { ScoredFolds } from './scored-folds.js';
import { swapInconsistency } from './swap-inconsistency.js';

/**
 * Every reported number of a run, from its logits: the fold x model table, and the waterfall from the prior to
 * the 8-bit model asked in both orders. Steps that the run does not have are left out; steps on dev rows cover
 * the folds that every model has, so that they compare.
 *
 * @throws ContractViolation naming the row when logits and folds do not hold the same examples.
 */
export function measure(input: MeasurementInput): Measurement {
  const folds = new ScoredFolds(input);
  const { labels, merged, quantized } = input;
  const steps: MeasuredStep[] = [
    { step: 'prior', title: 'Prior', outOfFold: folds.priorOutOfFold(), blind: folds.priorBlind() },
    ...foldSteps(folds),
  ];
  if (merged !== null) steps.push(lateStep(folds, 'merged', 'Merged', orders(labels, merged).asGiven));
  if (quantized !== null) {
    steps.push(lateStep(folds, 'quantized', '8-bit', orders(labels, quantized).asGiven));
    if (hasBothOrders(quantized)) {
      steps.push(lateStep(folds, 'both_orders', '8-bit, both orders', meanOfOrders(labels, quantized)));
    }
  }
  const waterfall = scoreSteps(steps);
  const skipped = folds.folds.filter((fold) => !folds.complete.includes(fold));
  return {
    nacre_measurement: 1,
    labels,
    folds: folds.table(),
    waterfall,
    swap_inconsistency:
      quantized !== null && hasBothOrders(quantized) ? swapInconsistency(labels, quantized) : null,
    skipped_folds: skipped,
    notes: measurementNotes(input, folds, waterfall),
  };
}

function foldSteps(folds: ScoredFolds): MeasuredStep[] {
  const teachers = folds.members('teacher').length;
  const arms = [
    { step: 'student_alone', role: 'student_alone', title: 'Student alone' },
    {
      step: 'teachers',
      role: 'teacher',
      title: teachers === 1 ? 'Teacher' : `Teachers, mean of ${teachers}`,
    },
    { step: 'student', role: 'student', title: 'Student' },
  ] as const;
  return arms
    .filter(({ role }) => folds.members(role).length > 0)
    .map(({ step, role, title }) => ({
      step,
      title,
      outOfFold: folds.outOfFold(role),
      blind: folds.blind(role),
    }));
}

function lateStep(
  folds: ScoredFolds,
  step: MeasuredStep['step'],
  title: string,
  predictions: Parameters<ScoredFolds['blindOf']>[0],
): MeasuredStep {
  return { step, title, outOfFold: null, blind: folds.blindOf(predictions) };
}

function hasBothOrders(rows: readonly LogitRow[]): boolean {
  return rows.some((row) => row.swapped);
}
