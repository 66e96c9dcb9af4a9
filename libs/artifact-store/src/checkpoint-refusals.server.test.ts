import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKPOINT_FILE } from '@nacre/contracts/artifact';
import { describe, expect, it } from 'vitest';

import type { ArtifactStore } from './artifact-store.js';
import { fetchCheckpoint } from './fetch-checkpoint.js';
import { listCheckpoints } from './list-checkpoints.js';
import { publishCheckpoint } from './publish-checkpoint.js';
import { plant, remove } from './testing/object-listing.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import {
  newest,
  publish,
  testCheckpoint,
  testCheckpointFiles as files,
  testStageKey as key,
} from './testing/test-checkpoint.js';
import { testStore } from './testing/test-store.js';

describe('a checkpoint that is not what it says', () => {
  const place = `checkpoints/${key}/300-2`;
  const spoilt = Buffer.from(files['adapter.safetensors']);
  spoilt[50_000] = 0;
  const adapter = `${place}/adapter.safetensors`;
  it.each<[string, (store: ArtifactStore) => Promise<unknown>, string, RegExp]>([
    ['a flipped bit', (store) => plant(store, adapter, spoilt), 'adapter.safetensors', /has the digest/],
    [
      'a truncated file',
      (store) => plant(store, adapter, spoilt.subarray(1)),
      'adapter.safetensors',
      /has 99999 bytes, not 100000/,
    ],
    [
      'a file that is too long',
      (store) => plant(store, adapter, Buffer.alloc(100_001, 'adapter')),
      'adapter.safetensors',
      /has 100001 bytes/,
    ],
    [
      'a missing file',
      (store) => remove(store, `${place}/state/optimizer.safetensors`),
      'state/optimizer.safetensors',
      /is missing/,
    ],
    ['no document', (store) => remove(store, `${place}/${CHECKPOINT_FILE}`), CHECKPOINT_FILE, /is missing/],
    [
      'a broken document',
      (store) => plant(store, `${place}/${CHECKPOINT_FILE}`, '{"nacre_checkpoint":'),
      CHECKPOINT_FILE,
      /no checkpoint document/,
    ],
    [
      'another step',
      (store) => plantDocument(store, testCheckpoint(301, files)),
      CHECKPOINT_FILE,
      /is of step 301/,
    ],
    [
      'another stage',
      (store) =>
        plantDocument(
          store,
          testCheckpoint(300, files, { stage: { kind: 'teacher', version: 1, key: 'ee'.repeat(32) } }),
        ),
      CHECKPOINT_FILE,
      /of the stage eeee/,
    ],
    [
      'a path out of the folder',
      (store) =>
        plantDocument(
          store,
          testCheckpoint(300, {}, { files: [{ path: '../adapter', sha256: key, size: 1 }] }),
        ),
      CHECKPOINT_FILE,
      /"\.\.\/adapter", which is no path/,
    ],
  ])('is refused with the file and the reason: %s', async (_, damage, path, reason) => {
    const store = testStore();
    await publish(store, 300, 2);
    const stored = await newest(store);
    await damage(store);
    const folder = join(temporaryFolder(), 'resume');
    await expect(fetchCheckpoint(store, key, stored, folder)).rejects.toMatchObject({
      name: 'CheckpointRefused',
      message: expect.stringMatching(
        new RegExp(`step 300 at .*/300-2/ is refused: ${path} .*${reason.source}`),
      ) as string,
      data: { step: 300, path, reason: expect.stringMatching(reason) as string },
    });
    expect(existsSync(folder)).toBe(false);
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    ['without its document', (folder) => rmSync(join(folder, CHECKPOINT_FILE)), /has no checkpoint\.json/],
    [
      'with a broken document',
      (folder) => writeFileSync(join(folder, CHECKPOINT_FILE), '{'),
      /no checkpoint of step 300/,
    ],
    [
      'with a file that changed',
      (folder) => writeFileSync(join(folder, 'adapter.safetensors'), spoilt),
      /adapter\.safetensors changed/,
    ],
    [
      'with a file that is gone',
      (folder) => rmSync(join(folder, 'adapter.safetensors')),
      /adapter\.safetensors changed/,
    ],
  ])('is not published: %s', async (_, damage, message) => {
    const store = testStore();
    const folder = testCheckpoint(300, files);
    damage(folder);
    await expect(publishCheckpoint(store, key, { folder, step: 300, term: 2 })).rejects.toMatchObject({
      name: 'ContractViolation',
      message: expect.stringMatching(message) as string,
    });
    expect(await listCheckpoints(store, key)).toEqual([]);
  });

  it('is not published under another step or stage', async () => {
    const folder = testCheckpoint(300, files);
    for (const [stageKey, step] of [
      [key, 301],
      ['ee'.repeat(32), 300],
    ] as const) {
      await expect(publishCheckpoint(testStore(), stageKey, { folder, step, term: 1 })).rejects.toMatchObject(
        {
          name: 'ContractViolation',
        },
      );
    }
  });

  async function plantDocument(store: ArtifactStore, from: string): Promise<void> {
    await plant(store, `${place}/${CHECKPOINT_FILE}`, readFileSync(join(from, CHECKPOINT_FILE)));
  }
});
