import type { Recipe } from '@nacre/contracts/recipe';

/** One training of the student. */
export interface StudentFit {
  /** Fold that it holds out; null: none, it learns from all rows but the blind ones. */
  readonly fold: number | null;
  /** End of the names of its stages. */
  readonly title: string;
  /** Seed of its order of rows, where that is not the seed of the recipe. */
  readonly orderSeed?: number;
}

/**
 * The trainings that are merged into one student. Fits on all rows differ in the order of these alone: all of them
 * start from one adapter and one head, so that they can be averaged as the folds can.
 */
export function studentFits({ student: { fit = 'folds' }, folds, training }: Recipe): StudentFit[] {
  if (fit === 'folds') {
    return Array.from({ length: folds.count }, (_, fold) => ({ fold, title: `fold-${String(fold)}` }));
  }
  if (fit === 'full') return [{ fold: null, title: 'full' }];
  return Array.from({ length: fit.full_seeds }, (_, index) => ({
    ...{ fold: null, title: `full-${String(index)}` },
    ...(index > 0 && { orderSeed: training.seed + index }),
  }));
}
