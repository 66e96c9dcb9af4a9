import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { LeakDetected } from '@nacre/contracts/errors';
import { comparisonColumns, foldColumns } from '@nacre/contracts/tables';
import { pairOf, promptGroup, writeTable } from '@nacre/data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { StageContext } from '../stage-context.js';
import { dropLeaks } from './drop-leaks.js';
import { leakGate } from './leak-gate.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nacre-leak-gate-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A source of which each row is its number, told by prompt and answers. */
async function source(name: string, numbers: readonly number[]): Promise<string> {
  const place = join(folder, name);
  await mkdir(place, { recursive: true });
  const rows = numbers.map((number) => {
    const [prompt, a, b] = [[`private prompt ${number}`], [`a${number}`], [`b${number}`]];
    const prompt_group = promptGroup(prompt);
    return {
      ...{ example_id: `${name}:${number}`, id: String(number), source: name, model_a: null, model_b: null },
      ...{ prompt, response_a: a, response_b: b, label: 'tie', prompt_group },
      pair_group: pairOf(prompt_group, [a, b]).group,
    };
  });
  await writeTable(join(place, 'comparisons.parquet'), comparisonColumns, rows);
  return place;
}

async function context(
  inputs: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, unknown>>,
  name = 'leak-gate',
): Promise<StageContext> {
  const output = await mkdtemp(join(folder, 'output-'));
  return { call: { name, parameters }, inputs, output } as unknown as StageContext;
}

describe('the stage of the leak gate', () => {
  async function inputs(trainNumbers: readonly number[]) {
    const train = await source('train', trainNumbers);
    const folds = join(folder, 'folds');
    await mkdir(folds, { recursive: true });
    const rows = trainNumbers.map((number, index) => ({
      ...{ example_id: `train:${number}`, source: 'train', label: 'tie', prompt_group: String(number) },
      ...{ fold: index % 2, blind: false, held_out_of: [index % 2] },
    }));
    await writeTable(join(folds, 'folds.parquet'), foldColumns, rows);
    return { train, folds, test: await source('test', [3, 4, 7, 8]) };
  }

  it('fails the run with the numbers, ids and repairs, and no text', async () => {
    const red = leakGate(await context(await inputs([1, 2, 3, 4]), { otherwise: 'stop' }));
    await expect(red).rejects.toThrow(LeakDetected);
    await expect(red).rejects.toThrow(
      'the same pair of answers stands on both sides of a split: 2 rows of test in train; ' +
        'for instance test:3 = train:3, test:4 = train:4. Set gates.leak.otherwise: drop',
    );
    await expect(red).rejects.not.toThrow('private');
  });

  it('lets the run go on when it is only to report, and when nothing leaks', async () => {
    const leaky = await inputs([1, 2, 3, 4]);
    expect((await leakGate(await context(leaky, { otherwise: 'report' }))).metrics).toMatchObject({ red: 2 });
    const clean = await inputs([1, 2]);
    expect((await leakGate(await context(clean, { otherwise: 'stop' }))).metrics).toEqual({ red: 0 });
  });

  it('still stops at what dropping did not reach, and is green after it', async () => {
    const leaky = await inputs([1, 2, 3, 4]);
    await expect(leakGate(await context(leaky, { otherwise: 'drop' }))).rejects.toThrow(
      'Dropping does not reach these',
    );
    const dropping = await context({ comparisons: leaky.train, test: leaky.test }, {}, 'drop-leaks/train');
    expect((await dropLeaks(dropping)).metrics).toEqual({ rows: 2, leaks_dropped: 2 });
    const cleaned = { ...leaky, train: dropping.output };
    expect((await leakGate(await context(cleaned, { otherwise: 'drop' }))).metrics).toEqual({ red: 0 });
  });
});
