import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { csvCell, writeTable, writeWhole, type TableRow } from '@nacre/data';

import { drawArenaRow, sourceStreams, type ArenaRow, type Origin, type SourceName } from './arena-row.mjs';
import { encodeTurns } from './cell-encoding.mjs';

/** Rows of the competition's train.csv, of the 33k set without its prompts, of UltraFeedback, of the hidden test set. */
export const competitionRows: Readonly<Record<SourceName, number>> = {
  ...{ train: 57_477, extra: 21_187, post_pretrain: 157_000, test: 25_000 },
};

/** File of each source. */
export const sourceFiles: Readonly<Record<SourceName, string>> = {
  ...{ train: 'train.csv', extra: 'extra.csv', post_pretrain: 'post_pretrain.parquet', test: 'test.csv' },
};

/** What was written of one source. */
export type PlantedSource = Readonly<
  Record<'rows' | 'bytes' | 'multi_turn' | 'null_turns' | 'lone_surrogates' | 'raw_controls' | Origin, number>
>;

export interface ArenaSettings {
  readonly folder: string;
  /** Part of the competition's rows: 1 for all of them. */
  readonly scale: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/**
 * Writes files of the competition's shape: train.csv, extra.csv, post_pretrain.parquet, test.csv (no votes),
 * sample_submission.csv, and planted.json, which says per source what stands in it. Row n of a source is the same at every scale.
 * The texts mean nothing and the votes are drawn without looking at them: there is nothing to learn.
 */
export async function generateArena({
  folder,
  scale,
  seed,
  signal,
}: ArenaSettings): Promise<Record<SourceName, PlantedSource>> {
  await mkdir(folder, { recursive: true });
  const planted = {} as Record<SourceName, PlantedSource>;
  for (const source of Object.keys(sourceStreams) as SourceName[]) {
    const file = join(folder, sourceFiles[source]);
    const counts = { rows: Math.max(1, Math.round(competitionRows[source] * scale)), ...nothingPlanted() };
    const rows = rowsOf(seed, source, counts);
    if (file.endsWith('.parquet')) await writeTable(file, columns, rows, signal);
    else await writeWhole(file, csvLines(source, rows), signal);
    planted[source] = { ...counts, bytes: (await stat(file)).size };
  }
  await writeWhole(join(folder, 'sample_submission.csv'), submissionLines(planted.test.rows), signal);
  await writeFile(join(folder, 'planted.json'), `${JSON.stringify({ seed, scale, planted }, null, 2)}\n`);
  return planted;
}

type Counts = { -readonly [Name in keyof PlantedSource]: number };

function nothingPlanted(): Omit<Counts, 'rows'> {
  const origins = { fresh: 0, shared_prompt: 0, duplicate: 0, near_duplicate: 0 };
  return { bytes: 0, multi_turn: 0, null_turns: 0, lone_surrogates: 0, raw_controls: 0, ...origins };
}

const textColumns = { prompt: 'VARCHAR', response_a: 'VARCHAR', response_b: 'VARCHAR' } as const;
const columns = {
  id: 'VARCHAR',
  model_a: 'VARCHAR',
  model_b: 'VARCHAR',
  ...textColumns,
  winner_model_a: 'INTEGER',
  winner_model_b: 'INTEGER',
  winner_tie: 'INTEGER',
} as const;
type Cells = TableRow<typeof columns, keyof typeof columns>;

function* rowsOf(seed: number, source: SourceName, counts: Counts): Generator<Cells> {
  for (let row = 0; row < counts.rows; row += 1) {
    const drawn = drawArenaRow(seed, source, row);
    const [prompt = '', response_a = '', response_b = ''] = [drawn.prompt, ...drawn.answers].map((turns) =>
      encodeTurns(turns, drawn.encoding),
    );
    count(drawn, [prompt, response_a, response_b], counts);
    yield {
      ...{ id: idOf(source, row), model_a: drawn.models[0], model_b: drawn.models[1] },
      ...{ prompt, response_a, response_b },
      winner_model_a: Number(drawn.vote === 'model_a'),
      winner_model_b: Number(drawn.vote === 'model_b'),
      winner_tie: Number(drawn.vote === 'tie'),
    };
  }
}

function* csvLines(source: SourceName, rows: Iterable<Cells>): Generator<string> {
  const names = (
    source === 'test' ? ['id', ...Object.keys(textColumns)] : Object.keys(columns)
  ) as (keyof Cells)[];
  yield names.join();
  for (const row of rows) yield names.map((name) => csvCell(String(row[name]))).join();
}

function* submissionLines(rows: number): Generator<string> {
  yield 'id,winner_model_a,winner_model_b,winner_tie';
  for (let row = 0; row < rows; row += 1) yield `${idOf('test', row)},0.333,0.333,0.334`;
}

/** Whole numbers as in train.csv, in no order; the 33k set has names of 32 hexadecimal digits. */
function idOf(source: SourceName, row: number): string {
  // An odd factor permutes the 32-bit numbers, so no id occurs twice.
  const id = Math.imul(row + 1, 0x9e3779b1) >>> 0;
  return source === 'extra' ? id.toString(16).padStart(8, '0').repeat(4) : String(id);
}

function count(row: ArenaRow, cells: readonly string[], counts: Counts): void {
  const sides = [row.prompt, ...row.answers];
  counts[row.origin] += 1;
  if (row.prompt.length > 1) counts.multi_turn += 1;
  if (sides.some((turns) => turns.includes(null))) counts.null_turns += 1;
  if (sides.some((turns) => turns.some((turn) => turn?.isWellFormed() === false)))
    counts.lone_surrogates += 1;
  if (cells.some((cell) => /[\u0000-\u001f]/.test(cell))) counts.raw_controls += 1;
}
