import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { InvalidStudy } from '@nacre/contracts/errors';
import { studyResultsSchema, type MeasuredRun, type StudyResults } from '@nacre/contracts/study';

/**
 * The results of a study so far; undefined where none were kept.
 *
 * @throws InvalidStudy naming the file when it is none of this version
 */
export async function readResults(file: string): Promise<StudyResults | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return studyResultsSchema.parse(JSON.parse(text));
  } catch {
    throw new InvalidStudy(`${file}: no results of a study, or of another version; move it away`);
  }
}

/** Writes results whole or not at all: a split and a run each on a line. Answers their size in bytes. */
export async function writeResults(file: string, results: StudyResults): Promise<number> {
  const { rows, runs, ...head } = results;
  const lines = (each: readonly unknown[]) => each.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
  const fields = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`,
  );
  const text = [
    '{',
    ...fields,
    '  "rows": [',
    lines(rows),
    '  ],',
    '  "runs": [',
    lines(runs),
    '  ]',
    '}',
    '',
  ].join('\n');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
  return (await stat(file)).size;
}

/** The results with one more run, in the place of an earlier one of its arm and seed; splits without a run are left out. */
export function withRun(results: StudyResults, run: MeasuredRun, groups: string): StudyResults {
  const runs = [...results.runs.filter(({ arm, seed }) => arm !== run.arm || seed !== run.seed), run];
  const known = results.rows.filter(({ digest }) => digest !== run.rows);
  const rows = [...known, { digest: run.rows, groups }].filter(({ digest }) =>
    runs.some((each) => each.rows === digest),
  );
  return { ...results, rows, runs };
}
