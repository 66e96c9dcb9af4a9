import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  CHECKPOINT_FILE,
  checkpointSchema,
  fileEntrySchema,
  LEAF_SIZE,
  type Checkpoint,
} from '@nacre/contracts/artifact';
import { CheckpointRefused } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { checkpointFolders } from './checkpoint-folders.js';
import { concurrently, PARALLEL_REQUESTS } from './concurrently.js';
import { downloadRange } from './download-range.js';
import { hashFile } from './hash-file.js';
import { diskFull, noSpace } from './land-file.js';
import type { StoredCheckpoint } from './list-checkpoints.js';
import { parseDocument } from './parse-document.js';
import { readDocument } from './stored-document.js';

type CheckpointFile = Checkpoint['files'][number];

/**
 * Fetches a checkpoint into a folder that is made for it. Each file's size and sha256 are compared with what
 * checkpoint.json says; bytes that are wrong are read a second time before they are refused.
 *
 * @throws CheckpointRefused with the file and the reason; StoreUnavailable; DoesNotFit when the disk is full. No folder
 * is left then.
 */
export async function fetchCheckpoint(
  store: ArtifactStore,
  stageKey: string,
  stored: StoredCheckpoint,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const body = (await readDocument(store, stored.key_prefix + CHECKPOINT_FILE, signal))?.body;
  if (body === undefined) throw refusal(stored, CHECKPOINT_FILE, 'is missing');
  const checkpoint = parseDocument(body, checkpointSchema);
  if (checkpoint === undefined) {
    throw refusal(stored, CHECKPOINT_FILE, 'is no checkpoint document that this version reads');
  }
  if (checkpoint.stage.key !== stageKey || checkpoint.step !== stored.step) {
    throw refusal(
      stored,
      CHECKPOINT_FILE,
      `is of step ${checkpoint.step} of the stage ${checkpoint.stage.key}, not of this one`,
    );
  }
  const folders = await checkpointFolders(store, stageKey, signal);
  const sizes = folders.find(({ key_prefix }) => key_prefix === stored.key_prefix)?.sizes;
  for (const file of checkpoint.files) assertListed(stored, file, sizes?.get(file.path));
  try {
    await mkdir(folder, { recursive: true });
    for (const file of checkpoint.files) await fetchOne(store, stored, file, folder, signal);
    await writeFile(join(folder, CHECKPOINT_FILE), body);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw diskFull(error) ? noSpace(dirname(folder), error) : error;
  }
}

/** Refuses what can be refused before a byte is read. */
function assertListed(
  stored: StoredCheckpoint,
  { path, size }: CheckpointFile,
  listed: number | undefined,
): void {
  // A document from the store must not make this machine write outside of the folder.
  if (!fileEntrySchema.shape.path.safeParse(path).success || path === CHECKPOINT_FILE) {
    throw refusal(
      stored,
      CHECKPOINT_FILE,
      `names ${JSON.stringify(path.slice(0, 80))}, which is no path of a file in it`,
    );
  }
  if (listed === undefined) throw refusal(stored, path, 'is missing');
  if (listed !== size) throw refusal(stored, path, `has ${listed} bytes, not ${size}`);
}

async function fetchOne(
  store: ArtifactStore,
  stored: StoredCheckpoint,
  file: CheckpointFile,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const local = join(folder, file.path);
  await mkdir(dirname(local), { recursive: true });
  let arrived = '';
  for (let reading = 0; reading < 2 && arrived !== file.sha256; reading += 1) {
    arrived = await download(store, stored, file, local, signal);
  }
  if (arrived !== file.sha256)
    throw refusal(stored, file.path, `has the digest ${arrived}, not ${file.sha256}`);
}

/** Answers the digest of what came. */
async function download(
  store: ArtifactStore,
  stored: StoredCheckpoint,
  { path, size }: CheckpointFile,
  local: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const key = stored.key_prefix + path;
  const starts = Array.from({ length: Math.ceil(size / LEAF_SIZE) }, (_, leaf) => leaf * LEAF_SIZE);
  const handle = await open(local, 'w');
  try {
    await concurrently(starts, PARALLEL_REQUESTS, async (first) => {
      const length = Math.min(LEAF_SIZE, size - first);
      const received = await downloadRange(
        store,
        { bucket: store.bucket, key, first, length },
        handle,
        signal,
      );
      if (received !== length) throw refusal(stored, path, 'was removed or replaced while it was read');
    });
  } finally {
    await handle.close();
  }
  return (await hashFile(local, signal)).sha256;
}

function refusal({ key_prefix, step }: StoredCheckpoint, path: string, fault: string): CheckpointRefused {
  return new CheckpointRefused(
    `The checkpoint of step ${step} at ${key_prefix} is refused: ${path} ${fault}.`,
    {
      step,
      path,
      reason: fault,
    },
  );
}
