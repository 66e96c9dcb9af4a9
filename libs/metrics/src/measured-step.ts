import type { Difference, WaterfallStep } from '@nacre/contracts/measurement';

import { lossDifference } from './paired-difference.js';
import { type RowLoss, rowLosses } from './row-losses.js';
import type { ProbabilityRow, ScoredRow } from './rows.js';
import { score, scoreLosses } from './score.js';

/** A step of the waterfall before it is scored: its predictions beside the votes. */
export interface MeasuredStep {
  readonly step: WaterfallStep['step'];
  readonly title: string;
  /** Rows of the folds that every model has; null for models that saw all folds, or where no fold is complete. */
  readonly outOfFold: readonly ScoredRow[] | null;
  /** null without blind rows, or where every fold of the step was skipped. */
  readonly blind: readonly ScoredRow[] | null;
  /** Losses of blind rows that are not those of one prediction. */
  readonly blindLosses?: readonly RowLoss[];
  /** The same rows asked in the other order, where they were. */
  readonly swapped?: Readonly<Record<'outOfFold' | 'blind', readonly ProbabilityRow[] | null>>;
}

/** What a step answers to besides the step before it: what the pair shows is worth a name of its own. */
const answersTo: Readonly<Partial<Record<WaterfallStep['step'], readonly WaterfallStep['step'][]>>> = {
  // What the teachers were worth shows only against the same student without them, or with others' advice.
  student: ['student_alone', 'permuted_teachers'],
  permuted_teachers: ['student_alone'],
  merged: ['single_fold', 'student'],
  round_to_nearest: ['merged'],
  quantized: ['merged', 'round_to_nearest'],
  both_orders: ['quantized'],
};

/** Scores of the steps in order, each compared on blind rows with the measured step before it, with what it answers to and with the prior. */
export function scoreSteps(steps: readonly MeasuredStep[]): WaterfallStep[] {
  const losses = steps.map(({ blind, blindLosses }) => blindLosses ?? (blind && rowLosses(blind)));
  return steps.map(({ step, title, outOfFold }, index) => {
    const own = losses[index] ?? null;
    return {
      step,
      title,
      out_of_fold: outOfFold && score(outOfFold),
      blind: own && scoreLosses(own),
      differences: own === null ? [] : differences(steps, losses, index, own),
    };
  });
}

function differences(
  steps: readonly MeasuredStep[],
  losses: readonly (readonly RowLoss[] | null)[],
  index: number,
  own: readonly RowLoss[],
): Difference[] {
  const earlier = steps.flatMap(({ step }, place) => {
    const theirs = losses[place] ?? null;
    return place < index && theirs !== null ? [{ step, theirs }] : [];
  });
  const before = earlier.at(-1)?.step;
  const named = [...(steps[index] ? (answersTo[steps[index].step] ?? []) : []), 'prior'];
  return [...new Set([...(before === undefined ? [] : [before]), ...named])].flatMap((name) => {
    const other = earlier.find(({ step }) => step === name);
    return other === undefined ? [] : [lossDifference(other.step, own, other.theirs)];
  });
}
