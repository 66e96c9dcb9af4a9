import type { FoldScore, GateVerdict } from '@nacre/contracts/measurement';
import type { LabelPolicy, Labels } from '@nacre/contracts/recipe';

import type { AnswerLengths, FoldRow, LogitRow } from './rows.js';

/**
 * Logits of one model of one fold. They must hold the fold's dev rows and the blind rows as given; swapped ones
 * tell what the order of the answers does; training rows may stand among them and are not scored.
 */
export interface FoldLogits {
  readonly model: string;
  readonly role: FoldScore['role'];
  readonly fold: number;
  /** null where the fold was skipped. */
  readonly rows: readonly LogitRow[] | null;
}

/** Everything that the numbers of a run are computed from. */
export interface MeasurementInput {
  readonly labels: Labels;
  /** folds.parquet: train and extra rows; extra rows are never scored. */
  readonly rows: readonly FoldRow[];
  /** A pair of model and fold that is not named counts as skipped. */
  readonly models: readonly FoldLogits[];
  /** Logits of the merged model for the blind rows as given; null where it was skipped. */
  readonly merged: readonly LogitRow[] | null;
  /** Logits of the 8-bit model for the blind rows, as given or in both orders; null where it was skipped. */
  readonly quantized: readonly LogitRow[] | null;
  /** Logits of the control with 8-bit codes rounded to nearest, as given; null where the run has none. */
  readonly roundToNearest: readonly LogitRow[] | null;
  /** Lengths of the answers of every train row by example id; null where they are not known. */
  readonly lengths: ReadonlyMap<string, AnswerLengths> | null;
  /** Which teachers labelled the rows of a student; in_sample where it is absent. */
  readonly labelPolicy?: LabelPolicy;
  /** Roles whose weights were chosen by the dev rows of their fold; none where it is absent. */
  readonly selectedOnDev?: readonly FoldLogits['role'][];
  /** Limits of the gates that the recipe has. */
  readonly gates: Readonly<Partial<Record<GateVerdict['gate'], { readonly max_log_loss_rise: number }>>>;
}
