/**
 * Tables that cross a process, as Parquet. Rows are keyed by example_id = `<source>:<id>`; joins are
 * by key with exact counts, never by position.
 */

/**
 * comparisons.parquet of a prepared source, rows in the order of the file (duplicates removed, the
 * first kept). prompt, response_a, response_b are lists of turns; a turn may be null.
 * label is null for unlabelled rows; prompt_group is the sha256 of the normalised prompt turns,
 * pair_group that of {prompt, the two answers in either order}.
 */
export const COMPARISONS_FILE = 'comparisons.parquet';
export const comparisonColumns = {
  example_id: 'VARCHAR',
  id: 'VARCHAR',
  source: 'VARCHAR',
  model_a: 'VARCHAR',
  model_b: 'VARCHAR',
  prompt: 'VARCHAR[]',
  response_a: 'VARCHAR[]',
  response_b: 'VARCHAR[]',
  label: 'VARCHAR',
  prompt_group: 'VARCHAR',
  pair_group: 'VARCHAR',
} as const;

/**
 * folds.parquet, one row per train and extra row. fold: dev fold of a train row, -1 for blind and
 * extra rows. prompt_group: as in comparisons.parquet, or the group of near-duplicate prompts where the
 * folds are grouped by it. held_out_of: the folds whose models must not train on the row (its own fold; every
 * fold for a blind row; for an extra row the folds whose dev rows share its prompt, every fold when
 * blind rows do).
 */
export const FOLDS_FILE = 'folds.parquet';
export const foldColumns = {
  example_id: 'VARCHAR',
  source: 'VARCHAR',
  label: 'VARCHAR',
  prompt_group: 'VARCHAR',
  fold: 'INTEGER',
  blind: 'BOOLEAN',
  held_out_of: 'INTEGER[]',
} as const;

/**
 * label-folds.parquet, one row per row of folds.parquet, in its order (label policies other than
 * in_sample, under which the label fold of a row is simply that of the student). label_fold: the fold
 * whose teachers hold the row out and may label it: the dev fold of a train row; of an extra row a fold
 * that it is held out of, else one dealt by prompt; -1 where no model trains on the row. score_fold: the
 * fold whose student is measured on the row, its dev fold, -1 for blind and extra rows.
 */
export const LABEL_FOLDS_FILE = 'label-folds.parquet';
export const labelFoldColumns = {
  example_id: 'VARCHAR',
  label_fold: 'INTEGER',
  score_fold: 'INTEGER',
} as const;

/** tokens.parquet: every row as given, then swapped; label is an index into labels as presented, or null. */
export const TOKENS_FILE = 'tokens.parquet';
export const tokenColumns = {
  example_id: 'VARCHAR',
  swapped: 'BOOLEAN',
  input_ids: 'INTEGER[]',
  label: 'TINYINT',
  truncated: 'BOOLEAN',
} as const;

/**
 * logits-00000.parquet …, at most 4,096 rows each: example_id, swapped, logit_<label> FLOAT per
 * label. Raw logits in the presented order: for a swapped row logit_model_a speaks of the answer
 * that stands first there, i.e. of response_b. Logits of export_logits say in the metadata of each file,
 * as JSON under LOGITS_ORIGIN_KEY, whose they are: {teacher: content_id of the adapter or null, base:
 * content_id, held_out: folds that its training held out, prompt: {template, max_tokens, truncation},
 * tokenizer: sha256 of tokenizer.json or null, precision: dtype of the base}; and each row has a cell
 * BLOB, the digest of its tokens, by which later exports of the same model find it.
 */
export const LOGITS_ORIGIN_KEY = 'nacre.origin';
export const LOGITS_SHARD_ROWS = 4096;
export function logitsFile(shard: number): string {
  return `logits-${String(shard).padStart(5, '0')}.parquet`;
}

/** submission.csv and the ids of a sample submission, in order (order.csv, one column id). */
export const SUBMISSION_FILE = 'submission.csv';
/** source bytes as imported; the name of the only file of an import_source artifact. */
export const SOURCE_FILE = 'source';
/**
 * latents.parquet for the warm-up of tiny bases on the synthetic arena: prompt VARCHAR, response_a,
 * response_b VARCHAR (words joined by one space), and per word of each answer, in order:
 * grade_a, grade_b DOUBLE[] (grade -2..2 of the word), on_topic_a, on_topic_b BOOLEAN[]; score_a,
 * score_b DOUBLE (the latent score of the whole answer), p_model_a, p_model_b, p_tie DOUBLE.
 */
export const LATENTS_FILE = 'latents.parquet';
/** truth.parquet of a synthetic source: id VARCHAR, p_model_a, p_model_b, p_tie DOUBLE. Read by tools/ only. */
export const TRUTH_FILE = 'truth.parquet';
/** measurement.json of the measure stage; history.json of a training stage; leak.json and plausibility.json of the gates. */
export const MEASUREMENT_FILE = 'measurement.json';
/** gate.json of a cost gate: its verdict. */
export const GATE_FILE = 'gate.json';
export const HISTORY_FILE = 'history.json';
export const LEAK_FILE = 'leak.json';
export const PLAUSIBILITY_FILE = 'plausibility.json';
/** counts.json of a prepared source and of the folds: rows read, kept, repaired, dropped, by reason. */
export const COUNTS_FILE = 'counts.json';
/**
 * repairs.csv of a prepared source in which anything was repaired or left out: repair, row, column, the
 * first 100 places of each repair (counts.json has the whole numbers). row is empty for the whole file.
 */
export const REPAIRS_FILE = 'repairs.csv';
