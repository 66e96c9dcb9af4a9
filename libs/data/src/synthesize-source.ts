import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Label, Labels } from '@nacre/contracts/recipe';
import { SOURCE_FILE, TRUTH_FILE } from '@nacre/contracts/tables';

import { drawComparison, type DrawnComparison } from './arena/draw-comparison.js';
import { csvCell } from './csv-cell.js';
import { writeTable } from './write-table.js';
import { writeWhole } from './write-whole.js';

export interface SyntheticSource {
  readonly rows: number;
  readonly seed: number;
  /** shuffled: each row has the vote that was drawn for another one, so that there is nothing to learn. */
  readonly votes: 'drawn' | 'shuffled';
  readonly labels: Labels;
  readonly use: 'train' | 'extra' | 'post_pretrain' | 'test';
}

/** Columns of truth.parquet; p_tie is 0 with two labels. */
const truthColumns = { id: 'VARCHAR', p_model_a: 'DOUBLE', p_model_b: 'DOUBLE', p_tie: 'DOUBLE' } as const;

/**
 * Draws rows of the synthetic arena (drawComparison) and writes `source`, a CSV in the competition's columns (without
 * models and winners for use: test), and truth.parquet, the true distribution of each row by id. The same parameters
 * give the same bytes, and row n is the same whatever the number of rows.
 *
 * @returns rows, and label_<label> counts of the votes.
 */
export async function synthesizeSource(
  { rows, seed, votes, labels, use }: SyntheticSource,
  { folder, signal }: { readonly folder: string; readonly signal?: AbortSignal | undefined },
): Promise<Record<string, number>> {
  const draw = (row: number) => drawComparison({ seed, stream: 'comparisons', labels }, row);
  // Rows are independent draws, so dealing every vote to the row half the table on is as good as any shuffle.
  const voteOf = (row: number) => (votes === 'drawn' ? row : (row + Math.ceil(rows / 2)) % rows);
  const counts = Object.fromEntries(labels.map((label) => [`label_${label}`, 0]));
  const truth: ({ readonly id: string } & Record<`p_${Label}`, number>)[] = [];

  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, SOURCE_FILE), csvLines(), signal);
  await writeTable(join(folder, TRUTH_FILE), truthColumns, truth, signal);
  return { rows, ...counts };

  function* csvLines(): Generator<string> {
    yield (use === 'test' ? TEST_HEADER : TRAIN_HEADER).join();
    for (let row = 0; row < rows; row += 1) {
      const drawn = draw(row);
      const { model_a, model_b, tie } = drawn.probabilities;
      truth.push({ id: drawn.id, p_model_a: model_a, p_model_b: model_b, p_tie: tie });
      const vote = voteOf(row) === row ? drawn.vote : draw(voteOf(row)).vote;
      counts[`label_${vote}`] = (counts[`label_${vote}`] ?? 0) + 1;
      yield (use === 'test' ? testCells(drawn) : trainCells(drawn, vote)).map(csvCell).join();
    }
  }
}

const TEST_HEADER = ['id', 'prompt', 'response_a', 'response_b'];
const TRAIN_HEADER = [
  ...['id', 'model_a', 'model_b', 'prompt', 'response_a', 'response_b'],
  ...['winner_model_a', 'winner_model_b', 'winner_tie'],
];

function testCells(drawn: DrawnComparison): string[] {
  return [drawn.id, ...textCells(drawn)];
}

function trainCells(drawn: DrawnComparison, vote: Label): string[] {
  const winners = (['model_a', 'model_b', 'tie'] as const).map((label) => (label === vote ? '1' : '0'));
  return [drawn.id, ...drawn.models, ...textCells(drawn), ...winners];
}

/** One turn each: a JSON array of one string. */
function textCells({ prompt, answers: [a, b] }: DrawnComparison): string[] {
  return [prompt, a.words, b.words].map((words) => JSON.stringify([words.join(' ')]));
}
