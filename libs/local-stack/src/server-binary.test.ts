import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BinaryMissing, DatabaseOfOtherVersion } from './errors.js';
import { temporalServer } from './temporal-server.js';
import { claimDatabase, findServerBinary, hasDatabase } from './server-binary.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nacre-binary-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function script(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

it('reads the version from the first line', async () => {
  const path = script('temporal', 'echo "temporal version 9.9.9 (Server 8)"; echo more');
  const found = await findServerBinary(temporalServer, { binaryFolder: folder, environment: {} });
  expect(found).toEqual({ path, version: '9.9.9 (Server 8)' });
});

it('prefers the binary that NACRE_TEMPORAL_CLI names', async () => {
  const path = script('other', 'echo version 2');
  const environment = { NACRE_TEMPORAL_CLI: path };
  const found = await findServerBinary(temporalServer, { binaryFolder: '/nowhere', environment });
  expect(found.path).toBe(path);
});

it('names the missing binary and both remedies', async () => {
  const search = findServerBinary(temporalServer, { binaryFolder: folder, environment: {} });
  await expect(search).rejects.toThrow(
    `${folder}/temporal is not an executable file. Run \`npm run setup\`, or set NACRE_TEMPORAL_CLI`,
  );
});

it('treats a binary that does not run like a missing one', async () => {
  script('temporal', 'exit 3');
  const search = findServerBinary(temporalServer, { binaryFolder: folder, environment: {} });
  await expect(search).rejects.toThrow(BinaryMissing);
});

it('notes who made a database, and refuses it to another version', () => {
  claimDatabase(folder, temporalServer, '1');
  writeFileSync(join(folder, 'temporal', 'temporal.db'), 'data');
  claimDatabase(folder, temporalServer, '1');
  expect(() => claimDatabase(folder, temporalServer, '2')).toThrow(DatabaseOfOtherVersion);
  expect(() => claimDatabase(folder, temporalServer, '2')).toThrow(
    /was made by version 1, but 2 is installed/,
  );
});

it('lets another version begin where the database was deleted', () => {
  mkdirSync(join(folder, 'temporal'));
  writeFileSync(join(folder, 'temporal', 'MADE_BY'), '1\n');
  expect(hasDatabase(folder, temporalServer)).toBe(false);
  claimDatabase(folder, temporalServer, '2');
  expect(readFileSync(join(folder, 'temporal', 'MADE_BY'), 'utf8')).toBe('2\n');
});
