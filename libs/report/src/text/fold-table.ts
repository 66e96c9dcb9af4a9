import { groupBy } from './group-by.js';
import type { FoldScore, Measurement } from '@nacre/contracts/measurement';

/** One model of the fold x model table. */
export interface FoldTableRow {
  readonly model: string;
  readonly role: FoldScore['role'];
  /** Log loss per fold in the order of the columns; null where the fold was skipped. */
  readonly losses: readonly (number | null)[];
  /** Plain mean over the folds that are there; null when none is. */
  readonly mean: number | null;
  /** Whether nobody who taught it had seen the dev rows. */
  readonly honest: boolean;
}

/** The fold x model table: a row per model, a column per fold, and the mean. */
export interface FoldTable {
  readonly folds: readonly number[];
  readonly rows: readonly FoldTableRow[];
}

/** What a role is called in tables. */
export const roleTitles: Readonly<Record<FoldScore['role'], string>> = {
  teacher: 'teacher',
  student: 'student',
  student_alone: 'student alone',
  permuted_teachers: 'permuted teachers',
};

/** The table that the competition's winner printed, from the scores of a run. */
export function foldTable({
  folds: scores,
  contaminated = [],
  optimistic = [],
}: Pick<Measurement, 'folds' | 'contaminated' | 'optimistic'>): FoldTable {
  const folds = [...new Set(scores.map(({ fold }) => fold))].sort((left, right) => left - right);
  const keyOf = ({ model, role }: FoldScore) => `${role} ${model}`;
  const rows = [...groupBy(scores, keyOf).values()].flatMap((cells) => {
    const [first] = cells;
    if (first === undefined) return [];
    const losses = folds.map((fold) => cells.find((cell) => cell.fold === fold)?.score?.log_loss ?? null);
    const present = losses.filter((loss) => loss !== null);
    const mean = present.length > 0 ? present.reduce((sum, loss) => sum + loss, 0) / present.length : null;
    const honest = ![...contaminated, ...optimistic].includes(first.role);
    return [{ model: first.model, role: first.role, losses, mean, honest }];
  });
  return { folds, rows };
}
