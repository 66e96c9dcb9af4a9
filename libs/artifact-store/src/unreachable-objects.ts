import { stageRegisterSchema } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';
import { concurrently, PARALLEL_REQUESTS } from './concurrently.js';
import { listObjects, type ListedObject } from './list-objects.js';
import { objectKeys } from './object-keys.js';
import { parseDocument } from './parse-document.js';
import { readManifest } from './read-manifest.js';
import { refSchema } from './refs.js';
import { readDocument } from './stored-document.js';
import { listParts, unfinishedUploads } from './unfinished-upload.js';

/** What an object that nothing reaches is. */
export type UnreachableGroup = 'blob' | 'manifest' | 'checkpoint' | 'unfinished_upload';

/** An object that no published stage and no name reaches. */
export interface UnreachableObject extends ListedObject {
  readonly group: UnreachableGroup;
}

/**
 * Objects that nothing reaches: manifests that neither a published register nor a ref leads to, also through inputs;
 * blobs that none of the others names; checkpoints of stages that are published or unknown; uploads that were begun and
 * not ended. What a run is writing at this moment is among them: this tells, it removes nothing. Keeps the digests of
 * what is reached in memory, nothing else.
 *
 * @throws StoreUnavailable; CorruptArtifact, ContractViolation when a manifest that is reached cannot be read
 */
export async function* unreachableObjects(
  store: ArtifactStore,
  signal?: AbortSignal,
): AsyncGenerator<UnreachableObject> {
  const { roots, working } = await startingPoints(store, signal);
  const { manifests, blobs } = await reachedFrom(store, roots, signal);
  for await (const object of listObjects(store, objectKeys.folder(store, 'manifests'), signal)) {
    if (!manifests.has(nameOf(object.key))) yield { ...object, group: 'manifest' };
  }
  for await (const object of listObjects(store, objectKeys.folder(store, 'cas'), signal)) {
    if (!blobs.has(nameOf(object.key))) yield { ...object, group: 'blob' };
  }
  const checkpoints = objectKeys.folder(store, 'checkpoints');
  for await (const object of listObjects(store, checkpoints, signal)) {
    const stageKey = object.key.slice(checkpoints.length).split('/')[0] ?? '';
    if (!working.has(stageKey)) yield { ...object, group: 'checkpoint' };
  }
  for await (const upload of unfinishedUploads(store, objectKeys.folder(store, ''), signal)) {
    const parts = [...((await listParts(store, upload, signal))?.values() ?? [])];
    yield {
      key: upload.key,
      size: parts.reduce((sum, { size }) => sum + size, 0),
      group: 'unfinished_upload',
    };
  }
}

/** Manifests that a register or a ref names, and the keys of stages that are not published yet. */
async function startingPoints(
  store: ArtifactStore,
  signal: AbortSignal | undefined,
): Promise<{ readonly roots: ReadonlySet<string>; readonly working: ReadonlySet<string> }> {
  const roots = new Set<string>();
  const working = new Set<string>();
  for await (const { key } of listObjects(store, objectKeys.folder(store, 'stages'), signal)) {
    const document = await readDocument(store, key, signal);
    const register = document && parseDocument(document.body, stageRegisterSchema);
    if (register?.manifest_id !== undefined) roots.add(register.manifest_id);
    // A register of another version is somebody's: nothing of its stage is garbage.
    if (register?.state !== 'published') working.add(nameOf(key));
  }
  for await (const { key } of listObjects(store, objectKeys.folder(store, 'refs'), signal)) {
    const document = await readDocument(store, key, signal);
    const ref = document && parseDocument(document.body, refSchema);
    if (ref !== undefined) roots.add(ref.manifest_id);
  }
  return { roots, working };
}

async function reachedFrom(
  store: ArtifactStore,
  roots: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<{ readonly manifests: ReadonlySet<string>; readonly blobs: ReadonlySet<string> }> {
  const manifests = new Set(roots);
  const blobs = new Set<string>();
  for (let next = [...roots]; next.length > 0;) {
    const found = await concurrently(next, PARALLEL_REQUESTS, (id) => readManifest(store, id, signal));
    next = [];
    for (const { inputs, files } of found) {
      for (const { sha256 } of files) blobs.add(sha256);
      for (const input of Object.values(inputs)) {
        if (manifests.has(input)) continue;
        manifests.add(input);
        next.push(input);
      }
    }
  }
  return { manifests, blobs };
}

/** The last part of a key without `.json`: a digest or a stage key. */
function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1).replace(/\.json$/, '');
}
