import type { Breakdown } from '@nacre/contracts/measurement';

import { calibrationError } from './calibration-error.js';
import { classScores } from './class-scores.js';
import { confusion } from './confusion.js';
import { lengthBias } from './length-bias.js';
import type { MeasuredStep } from './measured-step.js';
import type { MeasurementInput } from './measurement-input.js';
import { orderEffect } from './order-effect.js';

/** Where the log loss of each step comes from, on each slice it has. The prior judges no text and is left out. */
export function breakdowns(
  { labels, lengths }: Pick<MeasurementInput, 'labels' | 'lengths'>,
  steps: readonly MeasuredStep[],
): Breakdown[] {
  return steps
    .filter(({ step }) => step !== 'prior')
    .flatMap(({ step, outOfFold, blind, swapped }) =>
      (
        [
          ['out_of_fold', outOfFold, swapped?.outOfFold],
          ['blind', blind, swapped?.blind],
        ] as const
      ).flatMap(([slice, rows, other]) => {
        if (rows === null) return [];
        const { error, bins } = calibrationError(rows);
        return [
          {
            step,
            slice,
            classes: classScores(labels, rows),
            confusion: confusion(labels, rows),
            calibration_error: error,
            reliability: bins,
            length_bias: lengths && lengthBias(labels, rows, lengths),
            order_effect: other ? orderEffect(rows, other) : null,
          },
        ];
      }),
    );
}
