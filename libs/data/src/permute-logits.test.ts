import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { foldColumns, logitsFile } from '@nacre/contracts/tables';
import { describe, expect, it } from 'vitest';

import { threeLabels } from './arena-files.fixture.js';
import { sqlText, withDatabase } from './database.js';
import { permuteLogits } from './permute-logits.js';
import { readTable } from './read-table.js';
import { temporaryFolder } from './temporary-folder.fixture.js';
import { writeTable } from './write-table.js';

const columns = {
  example_id: 'VARCHAR',
  swapped: 'BOOLEAN',
  logit_model_a: 'FLOAT',
  logit_model_b: 'FLOAT',
  logit_tie: 'FLOAT',
} as const;

const idOf = (index: number) => `train:${index}`;

/** Examples, 2,100 of them so that two shards are needed; every seventh is held out of fold 0. Logits name their example. */
const examples = Array.from({ length: 2100 }, (_, index) => ({
  example_id: idOf(index),
  source: 'train',
  label: 'tie',
  prompt_group: `p${index}`,
  fold: index % 7 === 0 ? 0 : 1,
  blind: false,
  held_out_of: index % 7 === 0 ? [0] : [1],
}));
const logits = examples.flatMap(({ example_id }, index) =>
  [false, true].map((swapped) => ({
    example_id,
    swapped,
    logit_model_a: index + (swapped ? 0.5 : 0),
    logit_model_b: -index,
    logit_tie: 0.1,
  })),
);

async function places() {
  const parent = await temporaryFolder();
  const folder = (name: string) => join(parent, name);
  for (const name of ['logits', 'folds', 'out']) await mkdir(folder(name));
  await writeTable(join(folder('folds'), 'folds.parquet'), foldColumns, examples);
  await writeTable(join(folder('logits'), logitsFile(0)), columns, logits.slice(0, 4096));
  await writeTable(join(folder('logits'), logitsFile(1)), columns, logits.slice(4096));
  return {
    logits: folder('logits'),
    folds: folder('folds'),
    folder: folder('out'),
    labels: threeLabels,
    fold: 0,
  };
}

const read = (folder: string) => readTable(join(folder, 'logits-*.parquet'), columns);
/** Number of the example that a row of logits was made for. */
const giver = (row: { readonly logit_model_b: number }) => -row.logit_model_b;

describe('permuted logits', () => {
  it('keep every row in its place, and give each example those of one other, in both orders', async () => {
    const given = await places();
    expect(await permuteLogits({ ...given, seed: 1 })).toEqual({ rows: 4200, kept: 0 });
    const rows = await read(given.folder);
    expect(rows.map(({ example_id, swapped }) => [example_id, swapped])).toEqual(
      logits.map(({ example_id, swapped }) => [example_id, swapped]),
    );
    rows.forEach((row, place) => {
      expect(idOf(giver(row))).not.toBe(row.example_id);
      expect(row.logit_model_a).toBe(giver(row) + (row.swapped ? 0.5 : 0));
      if (row.swapped) expect(giver(row)).toBe(giver(rows[place - 1] ?? row));
    });
  });

  it('are the same logits: each is dealt once, and none across the edge of the student’s fold', async () => {
    const given = await places();
    await permuteLogits({ ...given, seed: 1 });
    const rows = await read(given.folder);
    const dealt = rows.filter(({ swapped }) => !swapped).map(giver);
    expect([...dealt].sort((left, right) => left - right)).toEqual(examples.map((_, index) => index));
    dealt.forEach((from, to) => {
      expect(from % 7 === 0).toBe(to % 7 === 0);
    });
  });

  it('are dealt by the seed alone: alike for every teacher and on every machine', async () => {
    const deal = async (seed: number) => {
      const given = await places();
      await permuteLogits({ ...given, seed });
      return (await read(given.folder)).map(giver);
    };
    const first = await deal(1);
    expect(await deal(1)).toEqual(first);
    expect(await deal(2)).not.toEqual(first);
  });

  it('keep what the files say of whose logits they are', async () => {
    const given = await places();
    const origin = '{"teacher":"it\'s"}';
    await withDatabase(async (connection) => {
      for (const shard of [0, 1]) {
        const file = join(given.logits, logitsFile(shard));
        await connection.run(`CREATE OR REPLACE TABLE held AS SELECT * FROM read_parquet(${sqlText(file)})`);
        await connection.run(
          `COPY held TO ${sqlText(file)} (FORMAT parquet, KV_METADATA {"nacre.origin": ${sqlText(origin)}})`,
        );
      }
    });
    await permuteLogits({ ...given, seed: 1 });
    const found = await withDatabase(async (connection) =>
      (
        await connection.runAndReadAll(
          `SELECT decode(value) FROM parquet_kv_metadata(${sqlText(join(given.folder, '*.parquet'))}) WHERE decode(key) = 'nacre.origin'`,
        )
      ).getRowsJS(),
    );
    expect(found).toEqual([[origin], [origin]]);
  });

  it('are refused for rows that the folds do not know, and for examples without one of the orders', async () => {
    const given = await places();
    await writeTable(join(given.folds, 'folds.parquet'), foldColumns, examples.slice(1));
    await expect(permuteLogits({ ...given, seed: 1 })).rejects.toThrow(
      /2 rows of logits are not in the folds/,
    );
    const half = await places();
    await writeTable(join(half.logits, logitsFile(0)), columns, logits.slice(1, 4096));
    await expect(permuteLogits({ ...half, seed: 1 })).rejects.toThrow(/lack one order/);
  });
});
