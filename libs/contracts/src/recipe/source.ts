import { z } from 'zod';

const columnName = z.string().min(1);
/** One text of a label column, or several that mean the same. */
const labelTexts = z.union([z.string(), z.array(z.string()).min(1)], 'write a text, or a list of texts');

/** How a table that is not in the competition's format maps to comparisons. */
export const columnsSchema = z
  .strictObject({
    id: columnName.optional().describe('Column of the row id; without it the row number counts'),
    prompt: columnName.describe(
      'Column of the prompt: text, a JSON array of turns, or a list of messages (role, content)',
    ),
    response_a: columnName.describe('Column of the first answer, or of the conversation it is part of'),
    response_b: columnName.describe('Column of the second answer, or of the conversation it is part of'),
    label: z
      .union(
        [
          z.strictObject({
            always: z.enum(['model_a', 'model_b', 'tie']).describe('Every row has this label'),
          }),
          z.strictObject({
            column: columnName.describe('Column of the label'),
            model_a: labelTexts.describe('Its text when the first answer won, or a list of texts'),
            model_b: labelTexts.describe('Its text when the second answer won, or a list of texts'),
            tie: labelTexts.optional().describe('Its text for a tie, or a list of texts'),
          }),
          z.strictObject({
            rating_a: columnName.describe('Column of a number for the first answer; the higher one wins'),
            rating_b: columnName.describe('Column of a number for the second answer; equal ones are a tie'),
          }),
        ],
        'write { always: model_a }, or { column, model_a, model_b } with the texts of the column (tie as well, if there are ties), or { rating_a, rating_b }',
      )
      .optional()
      .describe(
        'Where the label comes from: always, or column with its texts, or two ratings; absent for unlabelled rows',
      ),
  })
  .describe('Columns of a table that is not in the format of the competition');

/** Rows drawn by the generator of this repository instead of read from a file. */
export const syntheticSchema = z
  .strictObject({
    rows: z.int().positive().describe('Rows to draw'),
    seed: z.int().nonnegative().describe('Seed; the same seed gives the same bytes'),
    votes: z
      .enum(['drawn', 'shuffled'])
      .default('drawn')
      .describe(
        'drawn: from the true distribution of each row; shuffled: the same votes dealt to other rows (a control)',
      ),
  })
  .describe('Rows drawn by the generator of this repository');

/** One source of rows, or the sample submission. */
export const sourceSchema = z
  .strictObject({
    path: z
      .string()
      .regex(
        /^(s3:\/\/[^/]+\/.+|cas:\/\/sha256\/[0-9a-f]{64}|(?![a-z][a-z0-9+.-]*:\/\/).+)$/,
        'write s3://bucket/key or the path of a local file',
      )
      .optional()
      .describe('s3://bucket/key, or a local file that `nacre start` uploads and names cas://sha256/…'),
    synthetic: syntheticSchema.optional(),
    format: z
      .enum(['arena_csv', 'arena_text', 'arena_conversations', 'columns', 'sample_submission'])
      .default('arena_csv')
      .describe(
        "arena_csv: the competition's columns, in a file of any type; arena_text: the same with plain text in the cells; arena_conversations: public exports of the arena; columns: as mapped below; sample_submission: ids in order",
      ),
    file_type: z
      .enum(['csv', 'jsonl', 'parquet'])
      .default('csv')
      .describe('How the file is read; by default by the ending of the path'),
    ids: z
      .enum(['column', 'row_number'])
      .optional()
      .describe(
        'Where ids come from: column, that of the format, when absent; row_number for a file whose ids are absent, empty or repeated (not for test rows)',
      ),
    use: z
      .enum(['train', 'extra', 'post_pretrain', 'test', 'submission_order'])
      .optional()
      .describe('What the rows are for; by default by name: train, extra, ut, test, sample_submission'),
    columns: columnsSchema.optional(),
  })
  .refine(
    (source) => (source.path === undefined) !== (source.synthetic === undefined),
    'give either path or synthetic',
  )
  .refine(
    (source) => (source.format === 'columns') === (source.columns !== undefined),
    'columns goes with format: columns',
  )
  .describe('One source of rows');

export type Source = z.infer<typeof sourceSchema>;
export type SourceColumns = z.infer<typeof columnsSchema>;
