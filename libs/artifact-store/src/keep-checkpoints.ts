import { CHECKPOINT_FILE } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';
import {
  checkpointFolders,
  checkpointPlace,
  newestFirst,
  type CheckpointPlace,
} from './checkpoint-folders.js';
import { objectKeys } from './object-keys.js';
import { removeObjects } from './remove-objects.js';
import { abortUpload, unfinishedUploads } from './unfinished-upload.js';

/**
 * Removes all but the newest `kept` whole checkpoints of a stage, and halves older than those, unfinished uploads
 * included; a newer half may be on its way and stays. `kept` 0 removes everything. Of each checkpoint checkpoint.json goes first, so that none is ever
 * listed as whole that has lost a file.
 *
 * @throws StoreUnavailable
 */
export async function keepCheckpoints(
  store: ArtifactStore,
  stageKey: string,
  kept: number,
  signal?: AbortSignal,
): Promise<void> {
  const folders = await checkpointFolders(store, stageKey, signal);
  const oldest = folders
    .filter((folder) => folder.whole)
    .slice(0, kept)
    .at(-1);
  if (kept > 0 && oldest === undefined) return;
  const goes = (place: CheckpointPlace): boolean => oldest === undefined || newestFirst(place, oldest) > 0;
  const lasts: string[] = [];
  const others: string[] = [];
  for (const { key_prefix, sizes } of folders.filter(goes)) {
    for (const path of sizes.keys()) (path === CHECKPOINT_FILE ? lasts : others).push(key_prefix + path);
  }
  await removeObjects(store, lasts, signal);
  await removeObjects(store, others, signal);
  const root = objectKeys.checkpoints(store, stageKey);
  for await (const upload of unfinishedUploads(store, root, signal)) {
    const place = checkpointPlace(upload.key.slice(root.length).split('/')[0] ?? '');
    if (place !== undefined && goes(place)) await abortUpload(store, upload, signal);
  }
}
