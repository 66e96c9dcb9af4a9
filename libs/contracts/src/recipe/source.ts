import { z } from 'zod';

const columnName = z.string().min(1);

/** How a table that is not in the competition's format maps to comparisons. */
export const columnsSchema = z
  .strictObject({
    id: columnName.optional().describe('Column of the row id; without it the row number counts'),
    prompt: columnName.describe('Column of the prompt: text, or a JSON array of turns'),
    response_a: columnName.describe('Column of the first answer'),
    response_b: columnName.describe('Column of the second answer'),
    label: z
      .union(
        [
          z.strictObject({
            always: z.enum(['model_a', 'model_b', 'tie']).describe('Every row has this label'),
          }),
          z.strictObject({
            column: columnName.describe('Column of the label'),
            model_a: z.string().describe('Its text when the first answer won'),
            model_b: z.string().describe('Its text when the second answer won'),
            tie: z.string().optional().describe('Its text for a tie'),
          }),
        ],
        'write { always: model_a }, or { column, model_a, model_b } with the texts of the column (tie as well, if there are ties)',
      )
      .optional()
      .describe(
        'Where the label comes from: either always, or column with its texts; absent for unlabelled rows',
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
      .enum(['arena_csv', 'columns', 'sample_submission'])
      .default('arena_csv')
      .describe(
        "arena_csv: the competition's columns; columns: as mapped below; sample_submission: ids in order",
      ),
    file_type: z
      .enum(['csv', 'jsonl'])
      .default('csv')
      .describe('How the file is read; by default by the ending of the path'),
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
