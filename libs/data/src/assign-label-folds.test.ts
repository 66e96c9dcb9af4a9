import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { foldColumns, labelFoldColumns } from '@nacre/contracts/tables';
import { describe, expect, it, type TestContext } from 'vitest';

import { arenaCsv, arenaRow, prepared, threeLabels, type ArenaRow } from './arena-files.fixture.js';
import { requireArenaMini } from './arena-mini.fixture.js';
import { assignFolds } from './assign-folds.js';
import { assignLabelFolds } from './assign-label-folds.js';
import { readTable } from './read-table.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

const split = { count: 3, seed: 7, labels: threeLabels };
const trainRows: ArenaRow[] = Array.from({ length: 60 }, (_, row) =>
  arenaRow(String(row), `prompt ${row}`, `a${row}`, `b${row}`, threeLabels[row % 3] ?? 'tie'),
);
/** 90 rows of 45 new prompts, one with a prompt of train, and a pair of train in the other order. */
const extraRows: ArenaRow[] = [
  ...Array.from({ length: 90 }, (_, row) =>
    arenaRow(String(row), `new ${Math.floor(row / 2)}`, `c${row}`, `d${row}`, threeLabels[row % 3] ?? 'tie'),
  ),
  arenaRow('shared', 'prompt 1', 'other', 'answers', 'tie'),
  arenaRow('copy', 'prompt 2', 'b2', 'a2', 'tie'),
];

async function assigned(train: Buffer | string, extra: Buffer | string) {
  const parent = await temporaryFolder();
  const places = {
    train: (await prepared(parent, train)).folder,
    extra: [(await prepared(parent, extra, { name: 'extra', use: 'extra' })).folder],
    folder: join(parent, 'folds'),
  };
  await assignFolds({ ...split, group_by: 'exact_prompt', blind_fraction: 0.2 }, places);
  const folder = join(parent, 'label-folds');
  const counts = await assignLabelFolds(split, { folds: places.folder, folder });
  const again = join(parent, 'again');
  await assignLabelFolds(split, { folds: places.folder, folder: again });
  const [bytes, same] = await Promise.all(
    [folder, again].map((place) => readFile(join(place, 'label-folds.parquet'))),
  );
  const folds = await readTable(join(places.folder, 'folds.parquet'), foldColumns);
  const rows = await readTable(join(folder, 'label-folds.parquet'), labelFoldColumns);
  return { counts, folds, rows, repeatable: bytes?.equals(same ?? Buffer.alloc(0)) };
}

/** Label folds of the rows of each prompt that some model trains on. */
function byPrompt({ folds, rows }: Awaited<ReturnType<typeof assigned>>): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  for (const [index, { prompt_group }] of folds.entries()) {
    const fold = rows[index]?.label_fold ?? -1;
    if (fold >= 0) found.set(prompt_group, (found.get(prompt_group) ?? new Set()).add(fold));
  }
  return found;
}

describe('assignLabelFolds', () => {
  it('gives a train row its own fold, an extra row one that holds it out, and untrained rows none', async () => {
    const { folds, rows, counts, repeatable } = await assigned(arenaCsv(trainRows), arenaCsv(extraRows));
    expect(rows.map(({ example_id }) => example_id)).toEqual(folds.map(({ example_id }) => example_id));
    for (const [index, { source, fold, blind, held_out_of }] of folds.entries()) {
      const { label_fold, score_fold } = rows[index] ?? {};
      expect(score_fold).toBe(fold);
      if (blind || held_out_of.length === 3) expect(label_fold).toBe(-1);
      else if (source === 'train') expect(label_fold).toBe(fold);
      else if (held_out_of.length > 0) expect(held_out_of).toContain(label_fold);
      else expect([0, 1, 2]).toContain(label_fold);
    }
    expect(counts).toMatchObject({ rows_without_label_fold: 13 });
    expect(Object.values(counts).reduce((sum, rows) => sum + rows)).toBe(152);
    expect(repeatable).toBe(true);
  });

  it('deals free extra rows by whole prompts and evenly', async () => {
    const result = await assigned(arenaCsv(trainRows), arenaCsv(extraRows));
    expect([...byPrompt(result).values()].every((labelFolds) => labelFolds.size === 1)).toBe(true);
    const free = result.folds.map(
      ({ source, held_out_of }) => source === 'extra' && held_out_of.length === 0,
    );
    const dealt = [0, 1, 2].map(
      (fold) => result.rows.filter(({ label_fold }, index) => free[index] && label_fold === fold).length,
    );
    expect(dealt).toEqual([30, 30, 30]);
  });

  it('on real votes: every row that a student trains on has one label fold, and no prompt has two', async (context: TestContext) => {
    const folder = requireArenaMini(context);
    const read = (name: string) => readFile(join(folder, `${name}.csv`));
    const result = await assigned(await read('train'), await read('extra'));
    expect([...byPrompt(result).values()].every((labelFolds) => labelFolds.size === 1)).toBe(true);
    const without = result.folds.filter(
      ({ blind, held_out_of }, index) =>
        !blind && held_out_of.length < 3 && !((result.rows[index]?.label_fold ?? -1) >= 0),
    );
    expect(without).toEqual([]);
    expect(result.folds.length).toBeGreaterThan(1000);
  });
});
