import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Installation } from '@nacre/activities';
import type { Labels } from '@nacre/contracts/recipe';
import { COMPARISONS_FILE, FOLDS_FILE } from '@nacre/contracts/tables';
import { readTable } from '@nacre/data';
import type { ProbabilityRow } from '@nacre/metrics';

const names = ['length_only', 'bag_of_words'] as const;
export type TextBaseline = (typeof names)[number];

/** What the regressions are fitted to and asked about: folders of prepared sources, and of the folds. */
export interface TextBaselinesInput {
  readonly labels: Labels;
  readonly fitted: readonly string[];
  readonly folds: string;
  readonly fresh: string;
  /** Gets baselines.parquet. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/**
 * Probabilities of the fresh rows by logistic regressions that see lengths, or counts of words, alone
 * (tools/python/text_baselines.py).
 *
 * @throws Error with the script's own words when it fails
 */
export async function textBaselines(
  { root, python }: Installation,
  { labels, fitted, folds, fresh, folder, signal }: TextBaselinesInput,
): Promise<Map<TextBaseline, ProbabilityRow[]>> {
  const output = join(folder, 'baselines.parquet');
  const { PATH, HOME } = process.env;
  await promisify(execFile)(
    python,
    [
      join(root, 'tools/python/text_baselines.py'),
      ...fitted.flatMap((source) => ['--fit', join(source, COMPARISONS_FILE)]),
      ...['--folds', join(folds, FOLDS_FILE), '--predict', join(fresh, COMPARISONS_FILE)],
      ...['--labels', labels.join(), '--output', output],
    ],
    { env: { PATH, HOME, OMP_NUM_THREADS: '1' }, signal },
  );
  const probabilities = labels.map((label) => `p_${label}`);
  const rows = await readTable(output, {
    baseline: 'VARCHAR',
    example_id: 'VARCHAR',
    ...Object.fromEntries(probabilities.map((column) => [column, 'DOUBLE'] as const)),
  });
  return new Map(
    names.map((name) => [
      name,
      rows
        .filter(({ baseline }) => baseline === name)
        .map((row) => {
          const values: Readonly<Record<string, unknown>> = row;
          return {
            example_id: row.example_id,
            probabilities: probabilities.map((column) => values[column] as number),
          };
        }),
    ]),
  );
}
