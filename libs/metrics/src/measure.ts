import type { Measurement } from '@nacre/contracts/measurement';

import { breakdowns } from './breakdowns.js';
import { calibrations } from './calibrations.js';
import { contaminatedSteps } from './contaminated-steps.js';
import { measuredGates } from './measured-gates.js';
import { scoreSteps } from './measured-step.js';
import { hasBothOrders, measuredSteps } from './measured-steps.js';
import type { MeasurementInput } from './measurement-input.js';
import { measurementNotes } from './measurement-notes.js';
import { ScoredFolds } from './scored-folds.js';
import { swapInconsistency } from './swap-inconsistency.js';

/**
 * Every reported number of a run, from its logits: the fold x model table, the waterfall from the prior to the 8-bit
 * model asked in both orders, where the loss of each step comes from, what calibration would be worth, and the gates.
 * Scores that teachers have spoilt are named and feed nothing: neither calibrations, nor breakdowns, nor gates.
 * Steps that the run does not have are left out; steps on dev rows cover the folds that every model has, so that they
 * compare.
 *
 * @throws ContractViolation naming the row when logits and folds do not hold the same examples.
 */
export function measure(input: MeasurementInput): Measurement {
  const folds = new ScoredFolds(input);
  const { labels, labelPolicy, selectedOnDev = [], quantized } = input;
  const steps = measuredSteps(input, folds);
  const waterfall = scoreSteps(steps);
  const contaminated = contaminatedSteps(labelPolicy, steps);
  const honest = steps.map((step) =>
    contaminated.some((name) => name === step.step) ? { ...step, outOfFold: null } : step,
  );
  const gates = measuredGates(input.gates, waterfall);
  return {
    nacre_measurement: 1,
    labels,
    ...(labelPolicy === undefined ? {} : { label_policy: labelPolicy }),
    ...(contaminated.length === 0 ? {} : { contaminated }),
    ...(selectedOnDev.length === 0 ? {} : { optimistic: [...selectedOnDev] }),
    folds: folds.table(),
    waterfall,
    breakdowns: breakdowns(input, honest),
    calibrations: calibrations(folds, honest),
    gates,
    swap_inconsistency:
      quantized !== null && hasBothOrders(quantized) ? swapInconsistency(labels, quantized) : null,
    skipped_folds: folds.folds.filter((fold) => !folds.complete.includes(fold)),
    notes: [
      ...gates.flatMap(({ outcome, sentence }) => (outcome === 'pass' ? [] : [`${sentence}.`])),
      ...measurementNotes(input, folds, waterfall),
    ],
  };
}
