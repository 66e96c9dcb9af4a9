import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { COMPARISONS_FILE, comparisonColumns } from '@nacre/contracts/tables';
import { ArenaRandom, pairOf, promptGroup, writeTable } from '@nacre/data';

import { arenaLength, drawnPrompt, postPretrainLength } from './drawn-prompt.mjs';

export const sourceNames = ['train', 'extra', 'ut', 'test'] as const;
export type SourceName = (typeof sourceNames)[number];

/** Rows of the competition: train, the 33k set without duplicates, UltraFeedback's pairs, the hidden test. */
export const competitionRows: Readonly<Record<SourceName, number>> = {
  train: 57_477,
  extra: 21_187,
  ut: 157_000,
  test: 25_000,
};

/** Sources of which test holds copies. */
export const plantedIn = ['train', 'extra', 'ut'] as const;

/** The row of its source that is copied. */
export function leakedRow(copy: number): number {
  return 7 * copy;
}

const streams: Readonly<Record<SourceName, number>> = { train: 10, extra: 11, ut: 12, test: 13 };

/**
 * Writes the four prepared sources as comparisons.parquet, in folders of their names, with prompts of the competition's
 * lengths and repetitions. The first rows of test are copies of `exact` pairs of each of plantedIn, in other case and
 * white space, every second one with its answers exchanged. Answers are only names: the gate reads their digests.
 */
export async function writePlantedSets(
  folder: string,
  rows: Readonly<Record<SourceName, number>>,
  exact: number,
  seed: number,
): Promise<void> {
  for (const source of sourceNames) {
    await mkdir(join(folder, source), { recursive: true });
    const made = function* () {
      for (let row = 0; row < rows[source]; row += 1) {
        yield source === 'test'
          ? testRow(row, exact, seed)
          : comparison(source, row, ownRow(source, row, seed));
      }
    };
    await writeTable(join(folder, source, COMPARISONS_FILE), comparisonColumns, made());
  }
}

interface Texts {
  readonly prompt: readonly string[];
  readonly answers: readonly [string, string];
}

function ownRow(source: SourceName, row: number, seed: number): Texts {
  return {
    prompt: drawnPrompt(
      [seed, streams[source], promptOf(source, row, seed)],
      source === 'ut' ? postPretrainLength : arenaLength,
    ),
    answers: [`First answer to ${source} ${row}`, `Second answer to ${source} ${row}`],
  };
}

/** Which prompt a row has: in train every fifth repeats an earlier one; in ut several pairs have each prompt. */
function promptOf(source: SourceName, row: number, seed: number): number {
  if (source === 'ut') return Math.floor(row / 2.5);
  const random = new ArenaRandom(seed, streams[source] + 10, row);
  return source === 'train' && random.below(5) === 0 ? Math.floor(row * random.unit() ** 2) : row;
}

function testRow(row: number, exact: number, seed: number) {
  const leaked = plantedIn[Math.floor(row / exact)];
  if (leaked === undefined) return comparison('test', row, ownRow('test', row, seed));
  const { prompt, answers } = ownRow(leaked, leakedRow(row % exact), seed);
  const [first, second] = answers.map((answer) => ` ${answer.toUpperCase()}\n`) as [string, string];
  return comparison('test', row, { prompt, answers: row % 2 === 0 ? [first, second] : [second, first] });
}

function comparison(source: SourceName, row: number, { prompt: words, answers: [a, b] }: Texts) {
  const prompt = [words.join(' ')];
  const prompt_group = promptGroup(prompt);
  return {
    ...{ example_id: `${source}:${row}`, id: String(row), source, model_a: null, model_b: null },
    ...{ prompt, response_a: [a], response_b: [b], prompt_group },
    label: source === 'test' ? null : ((['model_a', 'model_b', 'tie'] as const)[row % 3] ?? 'tie'),
    pair_group: pairOf(prompt_group, [[a], [b]]).group,
  };
}
