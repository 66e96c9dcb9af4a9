import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Labels } from '@nacre/contracts/recipe';

import type { SourceDescription } from './source-layout.js';
import { csvCell } from './csv-cell.js';
import { prepareSource } from './prepare-source.js';

export const threeLabels: Labels = ['model_a', 'model_b', 'tie'];
export const twoLabels: Labels = ['model_a', 'model_b'];

/** One row of a file in the competition's format; the cells are written as they are given. */
export interface ArenaRow {
  readonly id: string;
  readonly prompt: string;
  readonly a: string;
  readonly b: string;
  readonly label?: 'model_a' | 'model_b' | 'tie';
}

const HEADER = 'id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie';

/** A row whose texts are single turns. */
export function arenaRow(
  id: string,
  prompt: string,
  a: string,
  b: string,
  label?: ArenaRow['label'],
): ArenaRow {
  const cells = { id, prompt: JSON.stringify([prompt]), a: JSON.stringify([a]), b: JSON.stringify([b]) };
  return label === undefined ? cells : { ...cells, label };
}

/** The text of a file in the competition's format. */
export function arenaCsv(rows: readonly ArenaRow[], end = '\n'): string {
  const lines = rows.map(({ id, prompt, a, b, label }) => {
    const winners = ['model_a', 'model_b', 'tie'].map((each) => (each === (label ?? 'tie') ? '1' : '0'));
    return [id, 'm1', 'm2', prompt, a, b, ...winners].map(csvCell).join();
  });
  return [HEADER, ...lines, ''].join(end);
}

/** A prepared source in a folder of its own under `parent`, from the text of its file. */
export async function prepared(
  parent: string,
  text: string | Buffer,
  change: Partial<SourceDescription> = {},
): Promise<{ folder: string; counts: Record<string, number> }> {
  const description: SourceDescription = {
    ...{ name: 'train', format: 'arena_csv', file_type: 'csv', use: 'train', labels: threeLabels },
    ...change,
  };
  const file = join(parent, `${description.name}.source`);
  const folder = join(parent, description.name);
  await writeFile(file, text);
  return { folder, counts: await prepareSource(description, { file, folder }) };
}
