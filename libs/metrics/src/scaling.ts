import { ContractViolation } from '@nacre/contracts/errors';
import type { Calibration } from '@nacre/contracts/measurement';

import { fitLinearSoftmax } from './fit-linear-softmax.js';
import type { ProbabilityRow, ScoredRow } from './rows.js';
import { softmax } from './softmax.js';

/** softmax(factors * log p + offsets) instead of p. Log p is the logits up to a constant of the row. */
export interface Scaling {
  readonly method: Calibration['method'];
  readonly factors: readonly number[];
  readonly offsets: readonly number[];
}

/** A temperature beyond these bounds is that of a model that knows nothing, or of rows without a mistake. */
const FACTORS = { smallest: 0.01, largest: 100 };

/**
 * The scaling with the smallest log loss on these rows: one factor (temperature scaling) or a factor and an offset per
 * class (vector scaling; Guo et al. 2017). Fit it only on rows that the model did not learn from.
 *
 * @throws ContractViolation for no rows.
 */
export function fitScaling(method: Scaling['method'], rows: readonly ScoredRow[]): Scaling {
  const [first] = rows;
  if (first === undefined) throw new ContractViolation('a scaling needs at least one labelled row');
  const classes = first.probabilities.map((_, index) => index);
  const only = (wanted: number, value: number) => classes.map((index) => (index === wanted ? value : 0));
  if (method === 'temperature') {
    const [factor = 1] = fitLinearSoftmax(
      rows.map(({ probabilities, label }) => ({ features: [logs(probabilities)], label })),
      [1],
    );
    const bounded = Math.min(Math.max(factor, FACTORS.smallest), FACTORS.largest);
    return { method, factors: classes.map(() => bounded), offsets: classes.map(() => 0) };
  }
  // Adding a constant to all classes changes nothing, so the last one has no offset of its own.
  const shifted = classes.slice(0, -1);
  const parameters = fitLinearSoftmax(
    rows.map(({ probabilities, label }) => ({
      features: [
        ...logs(probabilities).map((value, index) => only(index, value)),
        ...shifted.map((index) => only(index, 1)),
      ],
      label,
    })),
    [...classes.map(() => 1), ...shifted.map(() => 0)],
  );
  const offsets = [...parameters.slice(classes.length), 0];
  const middle = offsets.reduce((sum, value) => sum + value, 0) / classes.length;
  return {
    method,
    factors: parameters.slice(0, classes.length),
    offsets: offsets.map((value) => value - middle),
  };
}

/** The rows with scaled probabilities. */
export function applyScaling<Row extends ProbabilityRow>(
  { factors, offsets }: Scaling,
  rows: readonly Row[],
): Row[] {
  return rows.map((row) => ({
    ...row,
    probabilities: softmax(
      logs(row.probabilities).map((value, index) => (factors[index] ?? 1) * value + (offsets[index] ?? 0)),
    ),
  }));
}

/** A probability counts as at least 2^-52, as in the log loss. */
function logs(probabilities: readonly number[]): number[] {
  return probabilities.map((value) => Math.log(Math.max(value, Number.EPSILON)));
}
