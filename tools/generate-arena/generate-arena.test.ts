import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ArenaRandom, prepareSource } from '@nacre/data';
import { describe, expect, it, onTestFinished } from 'vitest';

import { sourceDescriptions } from '../measure-data/sources.mjs';
import { drawArenaRow } from './arena-row.mjs';
import { encodeTurns } from './cell-encoding.mjs';
import { generateArena, sourceFiles, type PlantedSource } from './generate-arena.mjs';
import { drawTokens, tokenQuantiles } from './token-lengths.mjs';

const SCALE = 0.01;

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nacre-arena-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('files of the competition’s shape', () => {
  it('are the same for the same seed, and their rows do not depend on how many there are', async () => {
    const [one, two] = [await temporaryFolder(), await temporaryFolder()];
    const small = { scale: 0.002, seed: 7 };
    await generateArena({ folder: one, ...small });
    await generateArena({ folder: two, ...small });
    for (const file of [...Object.values(sourceFiles), 'sample_submission.csv', 'planted.json']) {
      expect(digest(join(one, file)), file).toBe(digest(join(two, file)));
    }
    await generateArena({ folder: two, scale: 0.004, seed: 7 });
    const [short, long] = [one, two].map((folder) => readFileSync(join(folder, 'train.csv'), 'utf8'));
    expect(long?.startsWith(short ?? 'none')).toBe(true);
    await generateArena({ folder: two, scale: 0.002, seed: 8 });
    expect(digest(join(one, 'train.csv'))).not.toBe(digest(join(two, 'train.csv')));
  });

  it('hold what planted.json says, as the reader of sources finds it', async () => {
    const folder = await temporaryFolder();
    const planted = await generateArena({ folder, scale: SCALE, seed: 2025 });
    for (const description of sourceDescriptions) {
      const { use } = description;
      const counts = await prepareSource(description, {
        file: join(folder, sourceFiles[use]),
        folder: join(folder, use),
      });
      const source: PlantedSource = planted[use];
      expect(counts, use).toMatchObject({
        rows_read: source.rows,
        multi_turn: source.multi_turn,
        null_turns: source.null_turns,
        surrogates_repaired: source.lone_surrogates,
        controls_repaired: source.raw_controls,
        duplicates: source.duplicate,
      });
      for (const trait of ['null_turns', 'lone_surrogates', 'raw_controls', 'duplicate'] as const) {
        expect(source[trait], `${use}: ${trait}`).toBeGreaterThan(0);
      }
    }
    expect(planted.train.near_duplicate).toBeGreaterThan(0);
    expect(planted.post_pretrain.multi_turn / planted.post_pretrain.rows).toBeCloseTo(0.13, 1);
  });

  it('have cells as long as the competition’s', () => {
    const random = new ArenaRandom(1, 1, 1);
    for (const [cell, mean] of [
      ['prompt', 83],
      ['answer', 291],
    ] as const) {
      const drawn = Array.from({ length: 100_000 }, () => drawTokens(random, cell)).sort((a, b) => a - b);
      for (const [share, tokens] of tokenQuantiles[cell].slice(1, -1)) {
        const found = drawn[Math.floor(share * drawn.length)] ?? 0;
        expect(Math.abs(found - tokens) / tokens, `${cell} at ${share}`).toBeLessThan(0.15);
      }
      expect(Math.abs(drawn.reduce((sum, tokens) => sum + tokens, 0) / drawn.length / mean - 1)).toBeLessThan(
        0.1,
      );
      expect(drawn.at(-1)).toBeGreaterThan(10_000);
      expect(drawn.at(-1)).toBeLessThanOrEqual(12_000);
    }
  });

  it('have cells in three encodings of the same turns', () => {
    const turns = ['a/b\n"c"\t\\n é😀', null, ''];
    const ascii = encodeTurns(turns, 'ascii');
    expect(ascii).toMatch(/^[\x20-\x7e]*$/);
    expect(encodeTurns(turns, 'slashes')).toContain('a\\/b');
    expect(encodeTurns(turns, 'raw')).toContain('a/b\n\\"c\\"\t\\\\n');
    for (const text of [ascii, encodeTurns(turns, 'slashes')]) expect(JSON.parse(text)).toEqual(turns);
    const used = new Set(Array.from({ length: 100 }, (_, row) => drawArenaRow(1, 'train', row).encoding));
    expect(used.size).toBe(3);
  });

  it('do not appear when the writing is cancelled', async () => {
    const folder = await temporaryFolder();
    const writing = generateArena({ folder, scale: 1, seed: 1, signal: AbortSignal.timeout(100) });
    await expect(writing).rejects.toThrow('timeout');
    expect(existsSync(join(folder, 'train.csv')) || existsSync(join(folder, 'train.csv.partial'))).toBe(
      false,
    );
  });
});
