import { join } from 'node:path';

import { canonicalDigest } from '@nacre/contracts/artifact';
import { foldColumns } from '@nacre/contracts/tables';
import { describe, expect, it } from 'vitest';

import { arenaCsv, arenaRow, prepared, threeLabels, type ArenaRow } from './arena-files.fixture.js';
import { assignFolds, type FoldParameters } from './assign-folds.js';
import { readTable } from './read-table.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

const parameters: FoldParameters = {
  count: 3,
  seed: 7,
  group_by: 'exact_prompt',
  blind_fraction: 0.2,
  labels: threeLabels,
};

/** Two rows per prompt, the second with other spaces. */
const trainRows: ArenaRow[] = Array.from({ length: 60 }, (_, row) => {
  const prompt = `prompt${' '.repeat(1 + (row % 2))}${Math.floor(row / 2)}`;
  return arenaRow(String(row), prompt, `a${row}`, `b${row}`, threeLabels[row % 3] ?? 'tie');
});

async function assign(
  extras: readonly (readonly ArenaRow[])[] = [],
  change: Partial<FoldParameters> = {},
  rowsOfTrain: readonly ArenaRow[] = trainRows,
) {
  const parent = await temporaryFolder();
  const { folder: train } = await prepared(parent, arenaCsv(rowsOfTrain));
  const extra: string[] = [];
  for (const [number, rows] of extras.entries()) {
    extra.push((await prepared(parent, arenaCsv(rows), { name: `extra${number}`, use: 'extra' })).folder);
  }
  const folder = join(parent, 'folds');
  const counts = await assignFolds({ ...parameters, ...change }, { train, extra, folder });
  const rows = await readTable(join(folder, 'folds.parquet'), foldColumns);
  return { counts, rows, row: (id: string) => rows.find((each) => each.example_id === id) };
}

describe('assignFolds', () => {
  it('is the same for ever: same rows and seed, same folds', async () => {
    const { rows } = await assign();
    expect(canonicalDigest(rows.map(({ example_id, fold, blind }) => [example_id, fold, blind]))).toBe(
      'edb6be495c8f691b99a37e3ac2339992ec7331d77baf1b65fca7aaf09da28047',
    );
  });

  it('puts every train row in one part, held out of its own fold, or of all when blind', async () => {
    const { rows, counts } = await assign();
    for (const row of rows) {
      expect(row.held_out_of).toEqual(row.blind ? [0, 1, 2] : [row.fold]);
      expect(row.blind).toBe(row.fold === -1);
    }
    expect(counts).toMatchObject({
      train_rows: 60,
      train_prompts: 30,
      blind_rows: 12,
      fold_0_rows: 16,
      fold_0_tie: 5,
    });
  });

  it('never parts rows with the same prompt', async () => {
    const { rows } = await assign();
    const foldOfPrompt = new Map(rows.map((row) => [row.prompt_group, row.fold]));
    expect(rows.every((row) => foldOfPrompt.get(row.prompt_group) === row.fold)).toBe(true);
  });

  it('parts them when the recipe says so', async () => {
    const { rows } = await assign([], { group_by: 'none' });
    const foldOfPrompt = new Map(rows.map((row) => [row.prompt_group, row.fold]));
    expect(rows.some((row) => foldOfPrompt.get(row.prompt_group) !== row.fold)).toBe(true);
  });

  it('never parts rows with nearly the same prompt, and holds extra rows out by it, when the recipe says so', async () => {
    const words = Array.from({ length: 20 }, (_, word) => `word${word}`).join(' ');
    const near = { group_by: 'near_duplicate_prompt' } as const;
    const alike = [0, 1, 2].map((row) => arenaRow(`n${row}`, `${words} end${row}`, `x${row}`, 'y', 'tie'));
    const extra = [arenaRow('1', `${words} another`, 'other', 'answers', 'tie')];
    const rowsOf = async (change: Partial<FoldParameters>) => {
      const { rows, counts } = await assign([extra], change, [...trainRows, ...alike]);
      const [first, ...others] = rows.filter(({ example_id }) => /^train:n/.test(example_id));
      return { first: first!, others, counts, extra: rows.find(({ source }) => source === 'extra0')! };
    };
    const { first, others, counts, extra: held } = await rowsOf(near);
    for (const row of [...others, held]) expect(row.prompt_group).toBe(first.prompt_group);
    for (const row of others) expect(row.fold).toBe(first.fold);
    expect(held.held_out_of).toEqual(first.held_out_of);
    expect(counts).toMatchObject({ near_duplicate_prompts: 4, split_components: 0, train_prompts: 31 });

    const exact = await rowsOf({});
    expect(exact.extra.held_out_of).toEqual([]);
    expect(exact.counts).toMatchObject({ train_prompts: 33 });
    expect(exact.counts).not.toHaveProperty('near_duplicate_prompts');
  });

  it('holds extra rows out of the folds, or of all, where a dev or blind row has their prompt', async () => {
    const { rows } = await assign();
    const dev = rows.find((row) => row.fold === 1);
    const blind = rows.find((row) => row.blind);
    const promptOf = (id = '') => `prompt ${Math.floor(Number(id.replace('train:', '')) / 2)}`;
    const { row, counts } = await assign([
      [
        arenaRow('1', promptOf(dev?.example_id), 'other', 'answers', 'tie'),
        arenaRow('2', promptOf(blind?.example_id), 'other', 'answers', 'tie'),
        arenaRow('3', 'new', 'other', 'answers', 'tie'),
      ],
    ]);
    expect(row('extra0:1')).toMatchObject({ fold: -1, blind: false, held_out_of: [1] });
    expect(row('extra0:2')).toMatchObject({ fold: -1, blind: false, held_out_of: [0, 1, 2] });
    expect(row('extra0:3')).toMatchObject({ fold: -1, blind: false, held_out_of: [] });
    expect(counts).toMatchObject({
      extra_rows: 3,
      extra_held_out_of_some: 1,
      extra_held_out_of_all: 1,
      extra_duplicates: 0,
    });
  });

  it('keeps one copy of a pair: the one in train, else the first extra one', async () => {
    const copyOfTrain = arenaRow('1', 'Prompt 0', 'B0', 'a0', 'tie');
    const fresh = arenaRow('2', 'new', 'x', 'y', 'tie');
    const { row, counts } = await assign([[copyOfTrain, fresh], [arenaRow('9', 'new', 'y', 'x', 'model_a')]]);
    expect(row('extra0:1')?.held_out_of).toEqual([0, 1, 2]);
    expect(row('extra0:2')?.held_out_of).toEqual([]);
    expect(row('extra1:9')?.held_out_of).toEqual([0, 1, 2]);
    expect(counts).toMatchObject({ extra_rows: 3, extra_duplicates: 2 });
  });

  it('refuses more folds than there are prompts, and a blind share too small for one prompt', async () => {
    await expect(assign([], { count: 35 })).rejects.toThrow(
      'train: 60 rows with 30 different prompts do not fill 35 folds',
    );
    await expect(assign([], { blind_fraction: 0.001 })).rejects.toThrow(
      'leave no blind slice; raise folds.blind_fraction',
    );
  });
});
