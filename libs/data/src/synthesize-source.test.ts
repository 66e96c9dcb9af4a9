import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { comparisonColumns } from '@nacre/contracts/tables';
import { describe, expect, it } from 'vitest';

import { threeLabels, twoLabels } from './arena-files.fixture.js';
import { prepareSource } from './prepare-source.js';
import { readTable } from './read-table.js';
import { synthesizeLatents } from './synthesize-latents.js';
import { synthesizeSource, type SyntheticSource } from './synthesize-source.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

const truthColumns = { id: 'VARCHAR', p_model_a: 'DOUBLE', p_model_b: 'DOUBLE', p_tie: 'DOUBLE' } as const;

async function synthesize(change: Partial<SyntheticSource> = {}) {
  const folder = await temporaryFolder();
  const source: SyntheticSource = {
    rows: 300,
    seed: 5,
    votes: 'drawn',
    labels: threeLabels,
    use: 'train',
    ...change,
  };
  const counts = await synthesizeSource(source, { folder });
  const file = join(folder, 'source');
  const { use, labels } = source;
  const description = { name: 'train', format: 'arena_csv', file_type: 'csv', use, labels } as const;
  const prepared = await prepareSource(description, { file, folder });
  const rows = await readTable(join(folder, 'comparisons.parquet'), comparisonColumns, {
    nullable: ['model_a', 'model_b', 'label'],
  });
  const truth = await readTable(join(folder, 'truth.parquet'), truthColumns);
  return { counts, prepared, rows, truth, bytes: readFileSync(file, 'utf8') };
}

describe('a synthetic source', () => {
  it('is a file in the format of the competition with the truth of each row by id', async () => {
    const { counts, prepared, rows, truth } = await synthesize();
    expect(prepared).toMatchObject({
      rows_read: 300,
      rows: 300,
      duplicates: 0,
      label_tie: counts['label_tie'],
    });
    expect(truth.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    for (const { p_model_a, p_model_b, p_tie } of truth)
      expect(p_model_a + p_model_b + p_tie).toBeCloseTo(1, 12);
  });

  it('is the same bytes again, and the first rows of a longer one', async () => {
    const [one, again, longer] = [await synthesize(), await synthesize(), await synthesize({ rows: 301 })];
    expect(again.bytes).toBe(one.bytes);
    expect(longer.bytes.startsWith(one.bytes)).toBe(true);
    expect((await synthesize({ seed: 6 })).bytes).not.toBe(one.bytes);
  });

  it('with shuffled votes has the same texts and as many votes of each kind, dealt to other rows', async () => {
    const [drawn, shuffled] = [await synthesize(), await synthesize({ votes: 'shuffled' })];
    expect(shuffled.counts).toEqual(drawn.counts);
    expect(shuffled.truth).toEqual(drawn.truth);
    expect(shuffled.rows.map((row) => row.response_a)).toEqual(drawn.rows.map((row) => row.response_a));
    expect(shuffled.rows.map((row) => row.label)).toEqual(
      drawn.rows.map((_, row) => drawn.rows[(row + 150) % 300]?.label),
    );
  });

  it('for use test has no votes and no models', async () => {
    const { bytes, rows } = await synthesize({ use: 'test' });
    expect(bytes.split('\n')[0]).toBe('id,prompt,response_a,response_b');
    expect(rows.every((row) => row.label === null && row.model_a === null)).toBe(true);
  });

  it('with two labels has no ties', async () => {
    const { prepared, truth } = await synthesize({ labels: twoLabels });
    expect(prepared).toMatchObject({ rows: 300, ties_dropped: 0 });
    expect(truth.every(({ p_tie }) => p_tie === 0)).toBe(true);
  });
});

describe('synthetic latents', () => {
  it('say of every word what it is worth, so that the score follows', async () => {
    const folder = await temporaryFolder();
    expect(await synthesizeLatents({ rows: 50, seed: 5, labels: threeLabels }, { folder })).toEqual({
      rows: 50,
    });
    const rows = await readTable(join(folder, 'latents.parquet'), {
      ...{
        prompt: 'VARCHAR',
        response_a: 'VARCHAR',
        response_b: 'VARCHAR',
        grade_a: 'DOUBLE[]',
        on_topic_a: 'BOOLEAN[]',
      },
      ...{
        grade_b: 'DOUBLE[]',
        on_topic_b: 'BOOLEAN[]',
        score_a: 'DOUBLE',
        score_b: 'DOUBLE',
        p_tie: 'DOUBLE',
      },
    });
    for (const row of rows) {
      const words = row.response_a.split(' ').length;
      expect(row.grade_a).toHaveLength(words);
      expect(row.on_topic_a).toHaveLength(words);
      const worth = row.grade_a.reduce(
        (sum, grade, word) => sum + (row.on_topic_a[word] === true ? grade : 0),
        0,
      );
      const harmonic = Array.from({ length: words }, (_, word) => 1 / (word + 1)).reduce(
        (sum, each) => sum + each,
        0,
      );
      expect(row.score_a).toBeCloseTo((3 * worth) / words + 0.5 * harmonic, 12);
    }
  });

  it('share no row with a source of the same seed', async () => {
    const folder = await temporaryFolder();
    await synthesizeLatents({ rows: 300, seed: 5, labels: threeLabels }, { folder });
    const latents = await readTable(join(folder, 'latents.parquet'), { response_a: 'VARCHAR' });
    const { rows } = await synthesize();
    const answers = new Set(rows.map((row) => row.response_a[0]));
    expect(latents.some((row) => answers.has(row.response_a))).toBe(false);
  });
});
