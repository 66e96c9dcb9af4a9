import { chmod, constants, copyFile, link, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Manifest } from '@nacre/contracts/artifact';
import { CorruptArtifact } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { cacheBlob } from './cache-blob.js';
import { diskFull, noSpace } from './land-file.js';
import { objectKeys } from './object-keys.js';
import { overFiles } from './over-files.js';
import { readManifest } from './read-manifest.js';

/** Where fetched bytes go. */
export interface FetchOptions {
  /** Verified blobs by digest, shared by every fetch of this machine. */
  readonly cacheFolder: string;
  /** Gets the artifact's files at their relative paths; made when absent. */
  readonly folder: string;
  /** link (default): read-only hard links into the cache where the file system allows; copy: files to write in. */
  readonly as?: 'link' | 'copy';
  readonly signal?: AbortSignal;
}

/**
 * Lays the artifact's files out in a folder. Every 64 MiB leaf is checked on its way in; a blob becomes visible in the
 * cache only whole, and the folder gets its files only when all are there. Fetches of the same blob at the same time,
 * in other processes too, do no harm.
 *
 * @throws StoreUnavailable, CorruptArtifact (naming key and leaf), DoesNotFit when the disk is full
 */
export async function fetchArtifact(
  store: ArtifactStore,
  manifestId: string,
  options: FetchOptions,
): Promise<Manifest> {
  const { cacheFolder, folder, as = 'link', signal } = options;
  const manifest = await readManifest(store, manifestId, signal);
  const cached = new Map<string, string>();
  await overFiles(manifest.files, async (entry) => {
    cached.set(entry.path, await cacheBlob(store, entry, cacheFolder, signal));
  }).catch((error: unknown) => {
    throw error instanceof CorruptArtifact ? withRemedy(store, manifest, error) : error;
  });
  for (const [path, blob] of cached) {
    signal?.throwIfAborted();
    await place(blob, join(folder, path), as);
  }
  return manifest;
}

async function place(blob: string, file: string, as: 'link' | 'copy'): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await rm(file, { force: true });
    if (as === 'link' && (await linked(blob, file))) return;
    await copyFile(blob, file, constants.COPYFILE_FICLONE);
    if (as === 'copy') await chmod(file, 0o644);
  } catch (error) {
    throw diskFull(error) ? noSpace(dirname(file), error) : error;
  }
}

/** False on another file system, or one without hard links: there a copy serves as well. */
async function linked(blob: string, file: string): Promise<boolean> {
  return link(blob, file).then(
    () => true,
    () => false,
  );
}

/** Names what makes the artifact anew: only the manifest knows the stage that the bytes came from. */
function withRemedy(store: ArtifactStore, manifest: Manifest, error: CorruptArtifact): CorruptArtifact {
  const { stage, stage_key: stageKey } = manifest.created_by;
  const register = objectKeys.register(store, manifest.kind, stageKey);
  return new CorruptArtifact(
    `${error.message} Delete the object and s3://${store.bucket}/${register}, and the next run makes ${stage} anew.`,
    error.data,
    { cause: error },
  );
}
