import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { TestContext } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Folder of arena-mini, real votes in the competition's format that may not stand in this repository. As requirePart
 * of test/requirement.ts, which a library cannot import: where it is absent the test is skipped and listed with the
 * reason, or fails if NACRE_REQUIRE names it.
 */
export function requireArenaMini(context: TestContext): string {
  const folder = resolve(root, process.env['NACRE_ARENA_MINI'] ?? '../shared/data/arena-mini');
  if (existsSync(resolve(folder, 'train.csv'))) return folder;
  const absent = 'no folder arena-mini; set NACRE_ARENA_MINI to a folder in the competition’s format';
  if ((process.env['NACRE_REQUIRE'] ?? '').split(',').includes('arena-mini')) {
    throw new Error(`NACRE_REQUIRE names arena-mini, but there is ${absent}.`);
  }
  Object.assign(context.task.meta, { notRun: absent });
  context.skip(absent);
}
