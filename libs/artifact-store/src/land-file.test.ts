import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { landFile } from './land-file.js';
import { temporaryFolder } from './testing/temporary-folder.js';

describe('landing a file', () => {
  it('shows it only when it is whole', async () => {
    const folder = join(temporaryFolder(), 'cache');
    const file = join(folder, 'blob');
    await landFile(file, 0o444, async (handle) => {
      await handle.writeFile('half');
      expect(readdirSync(folder)).not.toContain('blob');
    });
    expect(readdirSync(folder)).toEqual(['blob']);
    expect(readFileSync(file, 'utf8')).toBe('half');
    expect(statSync(file).mode & 0o777).toBe(0o444);
  });

  it('leaves nothing when writing fails', async () => {
    const folder = temporaryFolder();
    const failure = new Error('cut');
    await expect(landFile(join(folder, 'blob'), 0o444, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('names the folder when the disk is full', async () => {
    const folder = temporaryFolder();
    const onFullDisk = async (): Promise<void> => {
      const full = await open('/dev/full', 'w');
      await full.writeFile('bytes').finally(() => full.close());
    };
    await expect(landFile(join(folder, 'blob'), 0o444, onFullDisk)).rejects.toMatchObject({
      name: 'DoesNotFit',
      message: expect.stringContaining(folder) as string,
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('removes what a killed process left of the same file, and nothing that is young', async () => {
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    for (const name of ['blob.old.part', 'blob.young.part', 'other.old.part'])
      writeFileSync(join(folder, name), '');
    const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    for (const name of ['blob.old.part', 'other.old.part'])
      utimesSync(join(folder, name), twoHoursAgo, twoHoursAgo);
    await landFile(join(folder, 'blob'), 0o644, (handle) => handle.writeFile('whole'));
    expect(readdirSync(folder).sort()).toEqual(['blob', 'blob.young.part', 'other.old.part']);
  });
});
