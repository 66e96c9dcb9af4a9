import { join } from 'node:path';

import { comparisonColumns } from '@nacre/contracts/tables';
import { describe, expect, it } from 'vitest';

import { arenaCsv, arenaRow, prepared, threeLabels, type ArenaRow } from './arena-files.fixture.js';
import { assignFolds } from './assign-folds.js';
import { checkLeaks } from './check-leaks.js';
import { dropLeaks } from './drop-leaks.js';
import { readTable } from './read-table.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

const rows: ArenaRow[] = Array.from({ length: 60 }, (_, row) =>
  arenaRow(String(row), `prompt ${row}`, `a${row}`, `b${row}`, threeLabels[row % 3] ?? 'tie'),
);
/** The same pairs, answers exchanged. */
const copies = (from: number, to: number): ArenaRow[] =>
  rows.slice(from, to).map(({ id, prompt, a, b }) => ({ id: `c${id}`, prompt, a: b, b: a, label: 'tie' }));

describe('dropping leaks', () => {
  it('leaves out of train what stands in test, keeps the other rows as they are, and the gate is green', async () => {
    const parent = await temporaryFolder();
    const { folder: train } = await prepared(parent, arenaCsv(rows));
    const { folder: test } = await prepared(parent, arenaCsv(copies(10, 13)), { name: 'test', use: 'test' });
    const folder = join(parent, 'clean');
    expect(await dropLeaks('train', { source: train, test, folder })).toEqual({ rows: 57, leaks_dropped: 3 });

    const nullable = ['model_a', 'model_b', 'label'] as const;
    const read = (from: string) =>
      readTable(join(from, 'comparisons.parquet'), comparisonColumns, { nullable });
    const left = (await read(train)).filter(({ id }) => !['10', '11', '12'].includes(id));
    expect(await read(folder)).toEqual(left);

    const gate = async (from: string, name: string) => {
      const foldsFolder = join(parent, `folds-${name}`);
      await assignFolds(
        { count: 3, seed: 7, group_by: 'exact_prompt', blind_fraction: 0.2, labels: threeLabels },
        { train: from, extra: [], folder: foldsFolder },
      );
      return checkLeaks({ train: from, extra: [], test, foldsFolder, folder: join(parent, `leaks-${name}`) });
    };
    expect((await gate(train, 'before')).red).toBe(3);
    expect((await gate(folder, 'after')).red).toBe(0);
  });

  it('leaves out of post-pretraining what stands in the blind slice, and no dev row', async () => {
    const parent = await temporaryFolder();
    const { folder: train } = await prepared(parent, arenaCsv(rows));
    const { folder: source } = await prepared(parent, arenaCsv(copies(0, 60)), {
      name: 'ut',
      use: 'post_pretrain',
    });
    const fresh = arenaCsv([arenaRow('1', 'fresh', 'x', 'y')]);
    const { folder: test } = await prepared(parent, fresh, { name: 'test', use: 'test' });
    const folds = join(parent, 'folds');
    const { blind_rows } = await assignFolds(
      { count: 3, seed: 7, group_by: 'exact_prompt', blind_fraction: 0.2, labels: threeLabels },
      { train, extra: [], folder: folds },
    );
    const counts = await dropLeaks('ut', {
      source,
      test,
      blind: { train, folds },
      folder: join(parent, 'clean'),
    });
    expect(blind_rows).toBe(12);
    expect(counts).toEqual({ rows: 48, leaks_dropped: 12 });
  });

  it('refuses a source of which nothing is left', async () => {
    const parent = await temporaryFolder();
    const { folder: source } = await prepared(parent, arenaCsv(rows.slice(0, 3)));
    const { folder: test } = await prepared(parent, arenaCsv(copies(0, 3)), { name: 'test', use: 'test' });
    await expect(dropLeaks('train', { source, test, folder: join(parent, 'clean') })).rejects.toThrow(
      'train: every row stands in test or in the blind slice as well',
    );
  });
});
