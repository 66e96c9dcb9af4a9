import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Labels } from '@nacre/contracts/recipe';
import { LATENTS_FILE } from '@nacre/contracts/tables';

import { drawComparison } from './arena/draw-comparison.js';
import type { TableRow } from './table-columns.js';
import { writeTable } from './write-table.js';

export interface SyntheticLatents {
  readonly rows: number;
  readonly seed: number;
  readonly labels: Labels;
}

/** Columns of latents.parquet, as @nacre/contracts/tables describes them. */
const latentColumns = {
  prompt: 'VARCHAR',
  response_a: 'VARCHAR',
  response_b: 'VARCHAR',
  grade_a: 'DOUBLE[]',
  grade_b: 'DOUBLE[]',
  on_topic_a: 'BOOLEAN[]',
  on_topic_b: 'BOOLEAN[]',
  score_a: 'DOUBLE',
  score_b: 'DOUBLE',
  p_model_a: 'DOUBLE',
  p_model_b: 'DOUBLE',
  p_tie: 'DOUBLE',
} as const;

/**
 * Writes latents.parquet: rows of the synthetic arena with what the generator knows about each word. Tiny bases warm
 * up on it, which hands them most of the task: that is a plumbing fixture, so that LoRA has something to adapt, and
 * no evidence about real data. Its rows never coincide with those of synthesizeSource, whatever the seeds.
 *
 * @returns rows.
 */
export async function synthesizeLatents(
  { rows, seed, labels }: SyntheticLatents,
  { folder, signal }: { readonly folder: string; readonly signal?: AbortSignal | undefined },
): Promise<Record<string, number>> {
  await mkdir(folder, { recursive: true });
  await writeTable(join(folder, LATENTS_FILE), latentColumns, latents(), signal);
  return { rows };

  function* latents(): Generator<TableRow<typeof latentColumns>> {
    for (let row = 0; row < rows; row += 1) {
      const { prompt, answers, probabilities } = drawComparison({ seed, stream: 'latents', labels }, row);
      const [a, b] = answers;
      yield {
        prompt: prompt.join(' '),
        response_a: a.words.join(' '),
        response_b: b.words.join(' '),
        grade_a: a.grades,
        grade_b: b.grades,
        on_topic_a: a.onTopic,
        on_topic_b: b.onTopic,
        score_a: a.score,
        score_b: b.score,
        p_model_a: probabilities.model_a,
        p_model_b: probabilities.model_b,
        p_tie: probabilities.tie,
      };
    }
  }
}
