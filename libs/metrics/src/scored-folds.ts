import { ContractViolation } from '@nacre/contracts/errors';
import type { FoldScore } from '@nacre/contracts/measurement';

import { meanProbabilities } from './mean-probabilities.js';
import type { FoldLogits, MeasurementInput } from './measurement-input.js';
import { type Orders, orders } from './orders.js';
import { priorProbabilities } from './prior-score.js';
import type { FoldRow, ProbabilityRow, ScoredRow } from './rows.js';
import { rowsById } from './rows-by-id.js';
import { score } from './score.js';
import { withVotes } from './with-votes.js';

type Role = FoldScore['role'];

/**
 * The rows of a run as its folds split them, and the models' predictions for each part. Every selection joins by
 * example id and throws ContractViolation naming a row that is missing, unknown or twice.
 */
export class ScoredFolds {
  readonly folds: readonly number[];
  /** Folds that every model has, in which the steps of the waterfall can be compared. */
  readonly complete: readonly number[];
  /** Fold of every train row that is not blind, by example id. */
  readonly foldOf: ReadonlyMap<string, number>;
  private readonly input: MeasurementInput;
  private readonly known: ReadonlySet<string>;
  private readonly blindRows: readonly FoldRow[];
  /** By role, model and fold; null where skipped. */
  private readonly predictions: ReadonlyMap<string, Orders | null>;

  constructor(input: MeasurementInput) {
    this.input = input;
    this.known = new Set(rowsById(input.rows, 'the folds').keys());
    this.blindRows = input.rows.filter((row) => row.blind);
    this.foldOf = new Map(
      input.rows.flatMap(({ example_id, fold }) => (fold >= 0 ? [[example_id, fold] as const] : [])),
    );
    this.folds = [...new Set(input.rows.filter((row) => row.fold >= 0).map((row) => row.fold))].sort(
      (left, right) => left - right,
    );
    const predictions = new Map<string, Orders | null>();
    for (const { model, role, fold, rows } of input.models) {
      const key = keyOf(model, role, fold);
      if (predictions.has(key))
        throw new ContractViolation(`${role} ${model} is given twice for fold ${fold}`);
      if (!this.folds.includes(fold)) {
        throw new ContractViolation(`${role} ${model} is of fold ${fold}, which has no dev rows`);
      }
      predictions.set(key, rows && orders(input.labels, rows));
    }
    this.predictions = predictions;
    this.complete = this.folds.filter((fold) =>
      this.members().every((model) => this.rowsOf(model, fold) !== null),
    );
  }

  /** Whether the run has blind rows. */
  get hasBlind(): boolean {
    return this.blindRows.length > 0;
  }

  /** The models of the run without their folds, in the order given. */
  members(role?: Role): Pick<FoldLogits, 'model' | 'role'>[] {
    const unique = new Map(
      this.input.models.map(({ model, role: its }) => [`${its} ${model}`, { model, role: its }]),
    );
    return [...unique.values()].filter((member) => role === undefined || member.role === role);
  }

  /** The fold x model table: each model on the dev rows of its fold, answers as given. */
  table(): FoldScore[] {
    return this.members().flatMap(({ model, role }) =>
      this.folds.map((fold) => {
        const rows = this.rowsOf({ model, role }, fold);
        return { model, role, fold, score: rows && score(this.select(this.devRows(fold), rows)) };
      }),
    );
  }

  /**
   * The dev rows of the complete folds, each scored by the mean of the role's models of its own fold; null where no
   * fold is complete, or one of the models was not asked in that order.
   */
  outOfFold(role: Role, order: keyof Orders = 'asGiven'): ScoredRow[] | null {
    const folds = this.complete.map((fold) => {
      const dev = this.devRows(fold);
      const mean = this.meanOfModels(role, fold, dev, order);
      return mean && this.select(dev, mean);
    });
    const rows = folds.filter((each) => each !== null);
    return rows.length > 0 && rows.length === folds.length ? rows.flat() : null;
  }

  /** The blind rows once per fold that has all of the role's models, each scored by their mean. */
  blindApart(role: Role, order: keyof Orders = 'asGiven'): ScoredRow[][] {
    if (!this.hasBlind) return [];
    return this.folds.flatMap((fold) => {
      const mean = this.meanOfModels(role, fold, this.blindRows, order);
      return mean === null ? [] : [this.select(this.blindRows, mean)];
    });
  }

  /** The blind rows, scored by the mean of the role's models over the folds that have them all. */
  blind(role: Role, order: keyof Orders = 'asGiven'): ScoredRow[] | null {
    const folds = this.blindApart(role, order);
    return folds.length > 0 ? this.blindOf(meanProbabilities(folds)) : null;
  }

  /** The blind rows, scored by a model that saw all folds. */
  blindOf(predictions: readonly ProbabilityRow[]): ScoredRow[] | null {
    return this.hasBlind ? this.select(this.blindRows, predictions) : null;
  }

  /** The prior of each fold on its dev rows. Extra rows do not count: their votes are shared out otherwise. */
  priorOutOfFold(): ScoredRow[] | null {
    const { labels, rows } = this.input;
    const scored = this.complete.flatMap((fold) => {
      const trainedOn = rows.filter((row) => row.fold >= 0 && row.fold !== fold);
      const dev = this.devRows(fold);
      return withVotes(labels, dev, priorProbabilities(labels, trainedOn, dev));
    });
    return scored.length > 0 ? scored : null;
  }

  /** The prior of all folds on the blind rows. */
  priorBlind(): ScoredRow[] | null {
    const { labels, rows } = this.input;
    const trainedOn = rows.filter((row) => row.fold >= 0);
    return this.blindOf(this.hasBlind ? priorProbabilities(labels, trainedOn, this.blindRows) : []);
  }

  private devRows(fold: number): FoldRow[] {
    return this.input.rows.filter((row) => row.fold === fold);
  }

  private rowsOf(
    member: Pick<FoldLogits, 'model' | 'role'>,
    fold: number,
    order: keyof Orders = 'asGiven',
  ): ProbabilityRow[] | null {
    const rows = this.predictions.get(keyOf(member.model, member.role, fold))?.[order];
    return rows === undefined || (order === 'swapped' && rows.length === 0) ? null : rows;
  }

  private meanOfModels(
    role: Role,
    fold: number,
    wanted: readonly FoldRow[],
    order: keyof Orders,
  ): ProbabilityRow[] | null {
    const models = this.members(role).map((member) => this.rowsOf(member, fold, order));
    const present = models.filter((rows) => rows !== null);
    if (present.length < models.length || models.length === 0) return null;
    return meanProbabilities(present.map((rows) => this.select(wanted, rows)));
  }

  private select(wanted: readonly FoldRow[], predictions: readonly ProbabilityRow[]): ScoredRow[] {
    const foreign = predictions.find((row) => !this.known.has(row.example_id));
    if (foreign !== undefined) {
      throw new ContractViolation(`${foreign.example_id} has logits but is not in the folds`);
    }
    const ids = new Set(wanted.map((row) => row.example_id));
    return withVotes(
      this.input.labels,
      wanted,
      predictions.filter((row) => ids.has(row.example_id)),
    );
  }
}

function keyOf(model: string, role: Role, fold: number): string {
  return `${role} ${model} ${fold}`;
}
