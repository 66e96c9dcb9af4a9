import type { Measurement, Score } from '@nacre/contracts/measurement';

/** A measured log loss, and of what. */
export interface ScoredPlace {
  /** For people: which model on which rows. */
  readonly place: string;
  readonly rows: number;
  readonly log_loss: number;
}

/**
 * The log losses of a measurement that lie below a floor, lowest first: of every fold's model on its own dev rows, and
 * of every step of the waterfall on all train rows out of fold and on blind rows. The prior is left out: it has seen
 * no row. So are scores that teachers have spoilt: those are too good without any leak.
 */
export function implausibleScores(
  { folds, waterfall, contaminated = [] }: Pick<Measurement, 'folds' | 'waterfall' | 'contaminated'>,
  minLogLoss: number,
): ScoredPlace[] {
  const placed = (score: Score | null, place: string): ScoredPlace[] =>
    score === null ? [] : [{ place, rows: score.rows, log_loss: score.log_loss }];
  const honest = (name: string) => !contaminated.some((each) => each === name);
  const steps = waterfall.filter(({ step }) => step !== 'prior');
  return [
    ...folds
      .filter(({ role }) => honest(role))
      .flatMap(({ model, role, fold, score }) =>
        placed(score, `${model} (${role.replaceAll('_', ' ')}) on the dev rows of fold ${fold}`),
      ),
    ...steps
      .filter(({ step }) => honest(step))
      .flatMap(({ title, out_of_fold }) => placed(out_of_fold, `${title}, out of fold`)),
    ...steps.flatMap(({ title, blind }) => placed(blind, `${title}, on blind rows`)),
  ]
    .filter(({ rows, log_loss }) => rows > 0 && log_loss < minLogLoss)
    .sort((left, right) => left.log_loss - right.log_loss);
}
