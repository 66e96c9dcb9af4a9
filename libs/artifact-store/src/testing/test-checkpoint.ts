import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CHECKPOINT_FILE, type Checkpoint } from '@nacre/contracts/artifact';

import type { ArtifactStore } from '../artifact-store.js';
import { fetchCheckpoint } from '../fetch-checkpoint.js';
import { listCheckpoints, type StoredCheckpoint } from '../list-checkpoints.js';
import { publishCheckpoint, type PublishedCheckpoint } from '../publish-checkpoint.js';
import { temporaryFolder } from './temporary-folder.js';

/** A small checkpoint's files. */
export const testCheckpointFiles = {
  'adapter.safetensors': Buffer.alloc(100_000, 'adapter'),
  'state/optimizer.safetensors': 'moments',
};

/** Stage that the test's checkpoints are of. */
export const testStageKey = 'c4'.repeat(32);

/** A folder as the trainer leaves it: the files and the checkpoint.json that names them. It goes with the test. */
export function testCheckpoint(
  step: number,
  files: Readonly<Record<string, string | Buffer>>,
  changes: Partial<Checkpoint> = {},
): string {
  const folder = temporaryFolder();
  const named = Object.entries(files).map(([path, bytes]) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
    return { path, sha256: createHash('sha256').update(bytes).digest('hex'), size: Buffer.byteLength(bytes) };
  });
  const checkpoint: Checkpoint = {
    nacre_checkpoint: 1,
    stage: { kind: 'teacher', version: 1, key: testStageKey },
    parameters: { epochs: 1 },
    input_contents: { rows: 'ab'.repeat(32) },
    step,
    steps: 2000,
    environment: { torch: '2.13.0' },
    files: named,
    ...changes,
  };
  writeFileSync(join(folder, CHECKPOINT_FILE), JSON.stringify(checkpoint));
  return folder;
}

/** Publishes a checkpoint of the test's stage. */
export async function publish(
  store: ArtifactStore,
  step: number,
  term: number,
  contents: Record<string, string | Buffer> = testCheckpointFiles,
): Promise<PublishedCheckpoint> {
  return publishCheckpoint(store, testStageKey, { folder: testCheckpoint(step, contents), step, term });
}

/** The one that a resumed attempt would begin with. */
export async function newest(store: ArtifactStore): Promise<StoredCheckpoint> {
  const [stored] = await listCheckpoints(store, testStageKey);
  if (stored === undefined) throw new Error('no checkpoint is listed');
  return stored;
}

/** Fetches it into a folder of its own. */
export async function fetchNewest(store: ArtifactStore): Promise<string> {
  const folder = join(temporaryFolder(), 'resume');
  await fetchCheckpoint(store, testStageKey, await newest(store), folder);
  return folder;
}

/** `step-term` of the whole ones, in the order of the list. */
export async function places(store: ArtifactStore): Promise<string[]> {
  return (await listCheckpoints(store, testStageKey)).map(({ step, term }) => `${step}-${term}`);
}
