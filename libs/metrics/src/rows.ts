import type { Label } from '@nacre/contracts/recipe';

/** One row of a logits shard: raw logits in label order and in the presented order of the answers. */
export interface LogitRow {
  readonly example_id: string;
  /** Whether the answers were exchanged before the model saw them: then logit 0 speaks of response_b. */
  readonly swapped: boolean;
  readonly logits: readonly number[];
}

/** One row of folds.parquet, as far as scores need it. */
export interface FoldRow {
  readonly example_id: string;
  readonly label: Label;
  readonly prompt_group: string;
  /** Dev fold of a train row; -1 for blind and extra rows. */
  readonly fold: number;
  /** Whether no fold trains on the row or selects by it. */
  readonly blind: boolean;
}

/** Class probabilities of one comparison, in label order and in the order of the source: index 0 is response_a. */
export interface ProbabilityRow {
  readonly example_id: string;
  readonly probabilities: readonly number[];
}

/** A prediction beside the vote it is scored by. */
export interface ScoredRow extends ProbabilityRow {
  readonly prompt_group: string;
  /** Index of the vote in the labels. */
  readonly label: number;
}

/** How long the two answers of a comparison are, in characters of all turns. */
export interface AnswerLengths {
  readonly response_a: number;
  readonly response_b: number;
}
