import type { ArtifactStore } from './artifact-store.js';
import { listObjects } from './list-objects.js';
import { objectKeys } from './object-keys.js';

/** Keys of every stage of a kind that has a register, whatever its state; in no order. @throws StoreUnavailable */
export async function listStageKeys(
  store: ArtifactStore,
  kind: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const suffix = '.json';
  const folder = objectKeys.register(store, kind, '').slice(0, -suffix.length);
  const listed: string[] = [];
  for await (const { key } of listObjects(store, folder, signal)) {
    if (key.endsWith(suffix)) listed.push(key.slice(folder.length, -suffix.length));
  }
  return listed;
}
