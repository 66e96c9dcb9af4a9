import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { CHECKPOINT_FILE } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';
import { callStore } from './call-store.js';
import { objectKeys } from './object-keys.js';

/** Which checkpoint of a stage: no two uploads have both in common. */
export interface CheckpointPlace {
  readonly step: number;
  /** Term of the claim under which it was uploaded. */
  readonly term: number;
}

/** What stands at checkpoints/<stage-key>/<step>-<term>/, whole or not. */
export interface CheckpointFolder extends CheckpointPlace {
  /** Where it stands in the bucket, with the slash at the end. */
  readonly key_prefix: string;
  /** Bytes by path below the prefix. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Whether its last file, checkpoint.json, is there. */
  readonly whole: boolean;
}

/**
 * Every folder of checkpoints of a stage, halves too, newest first: by step, then by term, as numbers.
 *
 * @throws StoreUnavailable
 */
export async function checkpointFolders(
  store: ArtifactStore,
  stageKey: string,
  signal: AbortSignal | undefined,
): Promise<CheckpointFolder[]> {
  const root = objectKeys.checkpoints(store, stageKey);
  const call = { operation: 'ListObjectsV2', key: root, signal };
  const folders = await callStore(store, call, async (options) => {
    const found = new Map<string, Map<string, number>>();
    const input = { Bucket: store.bucket, Prefix: root };
    for await (const page of paginateListObjectsV2({ client: store.client }, input, options)) {
      for (const { Key, Size } of page.Contents ?? []) {
        const [, name, path] = /^([^/]+)\/(.+)$/.exec(Key?.slice(root.length) ?? '') ?? [];
        if (name === undefined || path === undefined) continue;
        found.set(name, (found.get(name) ?? new Map<string, number>()).set(path, Size ?? 0));
      }
    }
    return found;
  });
  return [...folders]
    .flatMap(([name, sizes]) => {
      const place = checkpointPlace(name);
      if (place === undefined) return [];
      return [{ ...place, key_prefix: `${root}${name}/`, sizes, whole: sizes.has(CHECKPOINT_FILE) }];
    })
    .sort(newestFirst);
}

/** Step and term of a folder's name, or undefined when it is no name that a checkpoint gets. */
export function checkpointPlace(name: string): CheckpointPlace | undefined {
  const [, step, term] = /^(\d{1,15})-(\d{1,15})$/.exec(name) ?? [];
  return step === undefined || term === undefined ? undefined : { step: Number(step), term: Number(term) };
}

/** Orders by step, then by term: the first one is where to go on from. */
export function newestFirst(left: CheckpointPlace, right: CheckpointPlace): number {
  return right.step - left.step || right.term - left.term;
}
