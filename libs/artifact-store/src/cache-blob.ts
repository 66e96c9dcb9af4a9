import { createHash } from 'node:crypto';
import { stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { LEAF_SIZE, type FileEntry } from '@nacre/contracts/artifact';
import { CorruptArtifact } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { concurrently, PARALLEL_REQUESTS } from './concurrently.js';
import { downloadRange } from './download-range.js';
import { landFile } from './land-file.js';
import { objectKeys } from './object-keys.js';

/**
 * Path of a verified, read-only copy of the blob in this machine's cache; fetched when it is not there yet. Each leaf
 * is checked as it arrives, a wrong one is fetched once more.
 *
 * @throws StoreUnavailable, CorruptArtifact naming key and leaf, DoesNotFit
 */
export async function cacheBlob(
  store: ArtifactStore,
  entry: FileEntry,
  cacheFolder: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { sha256, size, leaves } = entry;
  const file = join(cacheFolder, 'sha256', sha256.slice(0, 2), sha256);
  if ((await stat(file).catch(() => undefined))?.size === size) return file;
  if (leaves.length !== Math.ceil(size / LEAF_SIZE) || (leaves.length === 1 && leaves[0] !== sha256)) {
    throw new CorruptArtifact(`The manifest's leaves of ${entry.path} do not fit its size and digest.`);
  }
  await landFile(file, 0o444, async (handle) => {
    await concurrently(leaves, PARALLEL_REQUESTS, (_, leaf) => fetchLeaf(store, entry, leaf, handle, signal));
  });
  return file;
}

async function fetchLeaf(
  store: ArtifactStore,
  { sha256: blob, size, leaves }: FileEntry,
  leaf: number,
  handle: FileHandle,
  signal: AbortSignal | undefined,
): Promise<void> {
  const key = objectKeys.blob(store, blob);
  const first = leaf * LEAF_SIZE;
  const length = Math.min(LEAF_SIZE, size - first);
  let fault = '';
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const digest = createHash('sha256');
    const range = { bucket: store.bucket, key, first, length };
    const received = await downloadRange(store, range, handle, signal, digest);
    if (received === undefined) fault = 'is not there';
    else if (received < length) fault = `ends after ${received} of ${length} bytes`;
    else {
      const sha256 = digest.digest('hex');
      if (sha256 === leaves[leaf]) return;
      fault = `has the digest ${sha256}, not ${leaves[leaf] ?? ''}`;
    }
  }
  throw new CorruptArtifact(
    `Leaf ${leaf} of ${leaves.length} of s3://${store.bucket}/${key} ${fault}, also on a second read.`,
    { key, leaf },
  );
}
