import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Installation } from '@nacre/activities';
import { prepareSource } from '@nacre/data';

import { competitionRows, generateArena } from '../generate-arena/generate-arena.mjs';
import { dataScript, type ScriptCost } from './data-script.mjs';
import type { ComparedRow, Spent } from './measured-row.mjs';
import { trainDescription } from './sources.mjs';
import { watchedStep } from './watched-step.mjs';

const ROWS = 5000;

export interface ComparisonSettings {
  readonly installation: Installation;
  readonly folder: string;
  readonly seed: number;
  readonly rounds: number;
  /** Folder of each tokenizer by its name. */
  readonly tokenizers: Readonly<Record<string, string>>;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
}

/**
 * Reads and tokenizes the first 5,000 rows of train.csv in Nacre's way and in a straightforward script's
 * (tools/python/data_baselines.py), one after the other in each round.
 *
 * @throws Error when both do not keep the same number of rows: they would not have done the same work
 */
export async function compareWithBaseline(settings: ComparisonSettings): Promise<ComparedRow[]> {
  const { installation, folder, seed, rounds, tokenizers, maxTokens, signal } = settings;
  const [arena, prepared] = [join(folder, 'arena'), join(folder, 'prepared')];
  await generateArena({ folder: arena, scale: ROWS / competitionRows.train, seed, signal });
  const file = join(arena, 'train.csv');
  const reading = {
    step: `CSV → canonical Parquet, ${ROWS} rows`,
    nacre: [] as Spent[],
    baseline: [] as Spent[],
  };
  for (let round = 0; round < rounds; round += 1) {
    const { result: counts, ...cost } = await watchedStep(() =>
      prepareSource(trainDescription, { file, folder: prepared, signal }),
    );
    reading.nacre.push(cost);
    const words = ['read', file, join(folder, 'baseline.parquet')];
    const plain = await dataScript<ScriptCost & { rows: number }>(installation, words, signal);
    if (plain.rows !== counts['rows']) {
      throw new Error(`Nacre keeps ${String(counts['rows'])} rows, the baseline ${plain.rows}`);
    }
    reading.baseline.push(spent(plain));
  }
  const compared: ComparedRow[] = [reading];
  for (const [name, tokenizer] of Object.entries(tokenizers)) {
    const row = { step: `tokenize, ${name}, both orders`, nacre: [] as Spent[], baseline: [] as Spent[] };
    for (let round = 0; round < rounds; round += 1) {
      const output = join(folder, 'tokens');
      await mkdir(output, { recursive: true });
      const words = ['--max-tokens', String(maxTokens), 'tokenize', prepared, tokenizer, output];
      const both = await dataScript<Record<'nacre' | 'baseline', ScriptCost>>(installation, words, signal);
      row.nacre.push(spent(both.nacre));
      row.baseline.push(spent(both.baseline));
    }
    compared.push(row);
  }
  return compared;
}

function spent({ seconds, cpu_seconds }: ScriptCost): Spent {
  return { seconds, cpuSeconds: cpu_seconds };
}
