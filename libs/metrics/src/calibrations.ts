import type { CalibratedScore, Calibration } from '@nacre/contracts/measurement';

import { calibrationError } from './calibration-error.js';
import { meanProbabilities } from './mean-probabilities.js';
import type { MeasuredStep } from './measured-step.js';
import { pairedDifference } from './paired-difference.js';
import type { ScoredRow } from './rows.js';
import { applyScaling, fitScaling, type Scaling } from './scaling.js';
import type { ScoredFolds } from './scored-folds.js';
import { score } from './score.js';

const methods = ['temperature', 'vector'] as const;
/** Each fold step that is scaled, and the later steps that are scaled by what was fitted on it. */
const scaled = [
  { step: 'teachers', role: 'teacher', later: [] },
  { step: 'student', role: 'student', later: ['merged', 'quantized'] },
] as const;

/**
 * Temperature and vector scaling of teachers and students, and what they are worth. Fitted on out-of-fold rows only:
 * there each fold is scaled by what the other folds say, on blind rows each model by what all folds say.
 */
export function calibrations(folds: ScoredFolds, steps: readonly MeasuredStep[]): Calibration[] {
  return scaled.flatMap(({ step, role, later }) => {
    const fitted = steps.find((each) => each.step === step)?.outOfFold;
    if (!fitted) return [];
    const apart = folds.blindApart(role);
    return methods.flatMap((method): Calibration[] => {
      const scaling = fitScaling(method, fitted);
      const facts = {
        method,
        fitted_on: step,
        fitted_rows: fitted.length,
        temperature: method === 'temperature' ? 1 / (scaling.factors[0] ?? 1) : null,
        factors: [...scaling.factors],
        offsets: [...scaling.offsets],
      };
      // Each fold is scaled before the mean is taken: the scaling was fitted on single folds.
      const mean = (rows: readonly (readonly ScoredRow[])[]) =>
        rows.length === 0 ? null : folds.blindOf(meanProbabilities(rows));
      const crossed = crossFitted(method, fitted, folds);
      return [
        {
          step,
          ...facts,
          out_of_fold: crossed && compared(fitted, crossed),
          blind: comparedWhere(mean(apart), mean(apart.map((rows) => applyScaling(scaling, rows)))),
        },
        ...later.flatMap((name) => {
          const blind = steps.find((each) => each.step === name)?.blind;
          if (!blind) return [];
          return [
            { step: name, ...facts, out_of_fold: null, blind: compared(blind, applyScaling(scaling, blind)) },
          ];
        }),
      ];
    });
  });
}

/** The rows of each fold scaled by what was fitted on the other folds; null where there are no others. */
function crossFitted(
  method: Scaling['method'],
  rows: readonly ScoredRow[],
  folds: ScoredFolds,
): ScoredRow[] | null {
  if (folds.complete.length < 2) return null;
  return folds.complete.flatMap((fold) => {
    const held = (row: ScoredRow) => folds.foldOf.get(row.example_id) === fold;
    const others = rows.filter((row) => !held(row));
    return applyScaling(fitScaling(method, others), rows.filter(held));
  });
}

function comparedWhere(before: ScoredRow[] | null, after: ScoredRow[] | null): CalibratedScore | null {
  return before && after && compared(before, after);
}

function compared(before: readonly ScoredRow[], after: readonly ScoredRow[]): CalibratedScore {
  return {
    before: score(before),
    after: score(after),
    difference: pairedDifference('unscaled', after, before),
    calibration_error: { before: calibrationError(before).error, after: calibrationError(after).error },
  };
}
