import type { WaterfallStep } from '@nacre/contracts/measurement';

import { pairedDifference } from './paired-difference.js';
import type { ScoredRow } from './rows.js';
import { score } from './score.js';

/** A step of the waterfall before it is scored: its predictions beside the votes. */
export interface MeasuredStep {
  readonly step: WaterfallStep['step'];
  readonly title: string;
  /** Rows of the folds that every model has; null for models that saw all folds, or where no fold is complete. */
  readonly outOfFold: readonly ScoredRow[] | null;
  /** null without blind rows, or where every fold of the step was skipped. */
  readonly blind: readonly ScoredRow[] | null;
}

/**
 * Scores of the steps in order, each compared with the measured step before it and with the prior; the student also
 * with the student alone.
 */
export function scoreSteps(steps: readonly MeasuredStep[]): WaterfallStep[] {
  return steps.map(({ step, title, outOfFold, blind }, index) => {
    const earlier = steps.slice(0, index).filter((other) => other.blind !== null);
    const named = (name: WaterfallStep['step']) => earlier.find((other) => other.step === name);
    // What the teachers were worth shows only against the same student without them.
    const alone = step === 'student' ? named('student_alone') : undefined;
    const compared = new Set([earlier.at(-1), alone, named('prior')]);
    return {
      step,
      title,
      out_of_fold: outOfFold && score(outOfFold),
      blind: blind && score(blind),
      differences: [...compared].flatMap((other) =>
        blind && other?.blind ? [pairedDifference(other.step, blind, other.blind)] : [],
      ),
    };
  });
}
