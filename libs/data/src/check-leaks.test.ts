import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { arenaCsv, arenaRow, prepared, threeLabels, type ArenaRow } from './arena-files.fixture.js';
import { assignFolds } from './assign-folds.js';
import { checkLeaks } from './check-leaks.js';
import { leakReportSchema } from './leak-report.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

const trainRows: ArenaRow[] = Array.from({ length: 60 }, (_, row) =>
  arenaRow(String(row), `prompt ${Math.floor(row / 2)}`, `a${row}`, `b${row}`, threeLabels[row % 3] ?? 'tie'),
);
/** The same pair as train row `row`, answers exchanged and other spaces. */
const copyOf = (id: string, row: number) =>
  arenaRow(id, ` PROMPT  ${Math.floor(row / 2)}`, `B${row} `, `a${row}`, 'model_a');
const fresh = (id: string) => arenaRow(id, `fresh ${id}`, 'x', 'y', 'model_a');

async function check(
  sets: { extra?: ArenaRow[]; ut?: ArenaRow[]; test?: ArenaRow[] },
  groupBy: 'exact_prompt' | 'none' = 'exact_prompt',
) {
  const parent = await temporaryFolder();
  const prepare = async (
    name: string,
    rows: ArenaRow[] | undefined,
    use: 'extra' | 'post_pretrain' | 'test',
  ) => (rows === undefined ? undefined : (await prepared(parent, arenaCsv(rows), { name, use })).folder);
  const { folder: train } = await prepared(parent, arenaCsv(trainRows));
  const extraFolder = await prepare('extra', sets.extra, 'extra');
  const extra = extraFolder === undefined ? [] : [extraFolder];
  const foldsFolder = join(parent, 'folds');
  await assignFolds(
    { count: 3, seed: 7, group_by: groupBy, blind_fraction: 0.2, labels: threeLabels },
    { train, extra, folder: foldsFolder },
  );
  const folder = join(parent, 'leaks');
  const postPretrain = await prepare('ut', sets.ut, 'post_pretrain');
  const test = await prepare('test', sets.test, 'test');
  const metrics = await checkLeaks({ train, extra, postPretrain, test, foldsFolder, folder });
  const text = readFileSync(join(folder, 'leak.json'), 'utf8');
  return { metrics, text, report: leakReportSchema.parse(JSON.parse(text)) };
}

describe('the leak gate', () => {
  it('is green for sets that share nothing', async () => {
    const { metrics, report } = await check({ extra: [fresh('1')], ut: [fresh('2')], test: [fresh('3')] });
    expect(metrics).toEqual({ red: 0 });
    expect(report.worst).toEqual([]);
  });

  it('is red for a test pair that stands in train or blind, in the other order too', async () => {
    const all = trainRows.map((_, row) => copyOf(`t${row}`, row));
    const { metrics, report } = await check({ test: all });
    expect(metrics).toMatchObject({ red: 60, pair_test_train: 48, pair_test_blind: 12 });
    expect(report.worst).toHaveLength(20);
    expect(report.worst[0]).toEqual(['test:t0', 'train:0']);
  });

  it('is red for a test pair that stands in extra or in post-pretraining', async () => {
    const rows = [fresh('1'), fresh('2')];
    expect((await check({ extra: rows, test: rows })).metrics).toMatchObject({ red: 2, pair_test_extra: 2 });
    expect((await check({ ut: rows, test: rows })).metrics).toMatchObject({
      red: 2,
      pair_test_post_pretrain: 2,
    });
  });

  it('is red for a blind pair that is post-pretrained on; a dev pair is counted only', async () => {
    const all = trainRows.map((_, row) => copyOf(`u${row}`, row));
    const { metrics } = await check({ ut: all });
    expect(metrics).toMatchObject({ red: 12, pair_blind_post_pretrain: 12, pair_train_post_pretrain: 48 });
  });

  it('is green for an extra copy of a train or blind pair: the folds leave it out of every training', async () => {
    const all = trainRows.map((_, row) => copyOf(`e${row}`, row));
    expect((await check({ extra: all })).metrics).toEqual({ red: 0 });
  });

  it('counts the same prompt alone, and is not red for it', async () => {
    const samePrompt = [arenaRow('1', 'prompt 3', 'other', 'answers', 'tie')];
    const { metrics } = await check({ test: samePrompt, extra: [fresh('1')], ut: [fresh('1')] });
    expect(metrics.red).toBe(0);
    expect((metrics['prompt_test_train'] ?? 0) + (metrics['prompt_test_blind'] ?? 0)).toBe(1);
  });

  it('counts blind prompts that are trained on when rows are not grouped', async () => {
    const { metrics } = await check({}, 'none');
    expect(metrics.red).toBe(0);
    expect(metrics['prompt_blind_train']).toBeGreaterThan(0);
  });

  it('counts prompts that are nearly the same, names the most alike first, and is not red for them', async () => {
    const words = (seed: string) => Array.from({ length: 20 }, (_, word) => `${seed}${word}`).join(' ');
    const [one, two] = [words('one'), words('two')];
    const { metrics, report } = await check({
      ut: [arenaRow('1', one, 'a', 'b', 'tie'), arenaRow('2', two, 'c', 'd', 'tie')],
      test: [
        arenaRow('3', `${one} end`, 'e', 'f'),
        arenaRow('4', `${two}!`, 'c', 'd'),
        arenaRow('5', two, 'g', 'h'),
      ],
    });
    expect(metrics).toEqual({ red: 0, prompt_test_post_pretrain: 1, near_prompt_test_post_pretrain: 2 });
    expect(report.nearest.map(({ ids }) => ids)).toEqual([
      ['test:4', 'ut:2'],
      ['test:3', 'ut:1'],
    ]);
    expect(report.nearest[0]?.similarity).toBe(1);
    // 18 runs of words that two prompts have, one more that one has.
    expect(report.nearest[1]?.similarity).toBeCloseTo(0.939, 3);
  });

  it('lists a template that too many prompts follow, and takes each of them for itself', async () => {
    const opening = Array.from({ length: 40 }, (_, word) => `word${word}`).join(' ');
    const rows = (prefix: string) =>
      Array.from({ length: 11 }, (_, row) =>
        arenaRow(`${prefix}${row}`, `${opening} ${prefix}${row}`, 'a', 'b', 'tie'),
      );
    const { metrics, report } = await check({ ut: rows('u'), test: rows('t') });
    expect(metrics).toEqual({ red: 0 });
    expect(report.split).toHaveLength(1);
    expect(report.split[0]).toMatchObject({ rows: 22, prompts: 22 });
    expect(report.split[0]?.example_id).toMatch(/^(ut:u|test:t)\d+$/);
  });

  it('names ids and never texts', async () => {
    const { text } = await check({ test: [copyOf('t', 0)] });
    expect(text).toContain('test:t');
    expect(text.toLowerCase()).not.toContain('prompt 0');
  });
});
