import { expect, it } from 'vitest';

import { ArenaRandom } from './arena/random.js';
import { csvOf, csvRow, jsonLine, parquetRow, SECRET } from './one-row.fixture.js';
import { preparedRows } from './prepared-source.fixture.js';
import type { SourceDescription } from './source-layout.js';

const FILES = 60;
const PIECES = ['"', ',', '\n', '\r', '\0', '\\', '[', ']', '{', '}', 'null', '\ufeff', '1', 'é', ' '];

/** The bytes with one to three of: a cut end, a piece put in, a byte changed, bytes taken out. */
function damaged(bytes: Buffer, random: ArenaRandom): Buffer {
  let result = bytes;
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const at = random.below(result.length);
    const before = result.subarray(0, at);
    const put = [
      [],
      [Buffer.from(PIECES[random.below(PIECES.length)] ?? ''), result.subarray(at)],
      [Buffer.of(random.below(256)), result.subarray(at + 1)],
      [result.subarray(at + 1 + random.below(5))],
    ];
    result = Buffer.concat([before, ...(put[random.below(put.length)] ?? [])]);
  }
  return result;
}

it.each<[SourceDescription['file_type'], () => Buffer | Promise<Buffer>]>([
  ['csv', () => Buffer.from(csvOf(csvRow, csvRow.replace('1', '2').replace('x', 'z')))],
  ['jsonl', () => Buffer.from(jsonLine() + jsonLine({ id: '2', response_a: ['z'] }))],
  ['parquet', () => parquetRow()],
])(
  'a %s file damaged anywhere is read or refused, and never quoted',
  { timeout: 60_000 },
  async (file_type, whole) => {
    const bytes = await whole();
    let refused = 0;
    for (let file = 0; file < FILES; file += 1) {
      const change = { file_type, format: file % 2 === 0 ? 'arena_csv' : 'arena_text' } as const;
      await preparedRows(damaged(bytes, new ArenaRandom(7, 0, file)), change).catch((error: unknown) => {
        refused += 1;
        expect(String(error)).toMatch(/^InvalidData: train/);
        expect(String(error)).not.toContain(SECRET);
      });
    }
    expect(refused).toBeGreaterThan(FILES / 2);
  },
);
