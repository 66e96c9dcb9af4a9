import type { ArtifactStore } from './artifact-store.js';
import { checkpointFolders, type CheckpointPlace } from './checkpoint-folders.js';

/** A whole checkpoint in the store; whether its bytes are good shows when it is fetched. */
export interface StoredCheckpoint extends CheckpointPlace {
  /** Where it stands in the bucket, with the slash at the end. */
  readonly key_prefix: string;
  /** Bytes of all its files. */
  readonly bytes: number;
}

/**
 * The whole checkpoints of a stage (those that have their last file, checkpoint.json), newest first: highest step, then
 * highest term (design, section 4).
 *
 * @throws StoreUnavailable
 */
export async function listCheckpoints(
  store: ArtifactStore,
  stageKey: string,
  signal?: AbortSignal,
): Promise<StoredCheckpoint[]> {
  return (await checkpointFolders(store, stageKey, signal))
    .filter((folder) => folder.whole)
    .map(({ step, term, key_prefix, sizes }) => ({
      step,
      term,
      key_prefix,
      bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    }));
}
