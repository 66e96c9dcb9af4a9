import { join } from 'node:path';

import { foldColumns } from '@nacre/contracts/tables';
import { expect, it } from 'vitest';

import { threeLabels } from './arena-files.fixture.js';
import { requireArenaMini } from './arena-mini.fixture.js';
import { assignFolds } from './assign-folds.js';
import { checkLeaks } from './check-leaks.js';
import { prepareOrder } from './prepare-order.js';
import { prepareSource } from './prepare-source.js';
import { readTable } from './read-table.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

it(
  'real votes become folds that never share a prompt and leak nothing into test or blind',
  { timeout: 60_000 },
  async (context) => {
    const arena = requireArenaMini(context);
    const parent = await temporaryFolder();
    const prepare = async (name: string, use: 'train' | 'extra' | 'post_pretrain' | 'test') => {
      const folder = join(parent, name);
      const description = { name, format: 'arena_csv', file_type: 'csv', use, labels: threeLabels } as const;
      return {
        folder,
        counts: await prepareSource(description, { file: join(arena, `${name}.csv`), folder }),
      };
    };
    const train = await prepare('train', 'train');
    const extra = await prepare('extra', 'extra');
    const ut = await prepare('ut', 'post_pretrain');
    const test = await prepare('test', 'test');

    // Rows as the folder's README counts them; votes of repeated pairs are left out after the first.
    expect([train, extra, ut, test].map(({ counts }) => counts['rows_read'])).toEqual([883, 999, 3000, 267]);
    expect(train.counts).toMatchObject({
      rows: 750,
      duplicates: 133,
      contradictory_votes: 52,
      null_turns: 0,
      surrogates_repaired: 0,
      multi_turn: 0,
    });
    expect(ut.counts).toMatchObject({ label_model_a: 1577, label_model_b: 1039, label_tie: 384 });
    expect((train.counts['prompt_groups'] ?? 0) + (test.counts['prompt_groups'] ?? 0)).toBe(332);
    const sample = { file: join(arena, 'sample_submission.csv'), test: test.folder, folder: parent };
    expect(await prepareOrder({ name: 'sample_submission' }, sample)).toEqual({ rows: 267 });

    const foldsFolder = join(parent, 'folds');
    const counts = await assignFolds(
      { count: 3, seed: 2025, group_by: 'exact_prompt', blind_fraction: 0.15, labels: threeLabels },
      { train: train.folder, extra: [extra.folder], folder: foldsFolder },
    );
    const rows = await readTable(join(foldsFolder, 'folds.parquet'), foldColumns);
    const trainRows = rows.filter((row) => row.source === 'train');
    const foldOfPrompt = new Map(trainRows.map((row) => [row.prompt_group, row.fold]));
    expect(trainRows.every((row) => foldOfPrompt.get(row.prompt_group) === row.fold)).toBe(true);
    for (const label of threeLabels) {
      const share = trainRows.filter((row) => row.label === label).length / 750;
      const blind = trainRows.filter((row) => row.blind && row.label === label).length;
      expect(Math.abs(blind - share * 0.15 * 750)).toBeLessThan(1);
      const dev = [0, 1, 2].map((fold) => counts[`fold_${fold}_${label}`] ?? 0);
      expect(Math.max(...dev) - Math.min(...dev)).toBeLessThanOrEqual(2);
    }

    const sets = { train: train.folder, extra: [extra.folder], postPretrain: ut.folder, test: test.folder };
    const leaks = await checkLeaks({ ...sets, foldsFolder, folder: join(parent, 'leaks') });
    expect(leaks.red).toBe(0);
    expect(leaks).not.toHaveProperty('prompt_blind_train');

    // Two extra rows have a blind prompt in nearly the same words: exact folds train on them, near ones do not.
    expect(leaks['near_prompt_blind_extra']).toBe(2);
    const nearFolds = join(parent, 'near-folds');
    const near = await assignFolds(
      { count: 3, seed: 2025, group_by: 'near_duplicate_prompt', blind_fraction: 0.15, labels: threeLabels },
      { train: train.folder, extra: [extra.folder], folder: nearFolds },
    );
    expect(near).toMatchObject({ near_duplicate_prompts: 2, split_components: 0 });
    const nearLeaks = await checkLeaks({
      ...sets,
      foldsFolder: nearFolds,
      folder: join(parent, 'near-leaks'),
    });
    expect(Object.keys(nearLeaks).filter((name) => name.startsWith('near_prompt'))).toEqual([]);
  },
);
