import type { GateVerdict, WaterfallStep } from '@nacre/contracts/measurement';

import { gateVerdict } from './gate-verdict.js';
import type { MeasurementInput } from './measurement-input.js';

/** The step that each gate watches, and the step it is held against. */
const watched = [
  { gate: 'merge', step: 'merged', to: 'single_fold' },
  { gate: 'quantize', step: 'quantized', to: 'merged' },
] as const;

/** Verdicts of the gates that the recipe has and that the run can answer, in the order of the recipe. */
export function measuredGates(
  limits: MeasurementInput['gates'],
  waterfall: readonly WaterfallStep[],
): GateVerdict[] {
  return watched.flatMap(({ gate, step, to }) => {
    const limit = limits[gate];
    const difference = waterfall
      .find((each) => each.step === step)
      ?.differences.find((each) => each.to === to);
    return limit === undefined || difference === undefined
      ? []
      : [gateVerdict({ gate, max_log_loss_rise: limit.max_log_loss_rise, difference })];
  });
}
