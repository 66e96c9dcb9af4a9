import type { ArtifactStore } from './artifact-store.js';
import { listObjects } from './list-objects.js';
import { objectKeys } from './object-keys.js';
import { writeDocument } from './stored-document.js';

/**
 * Notes that a stage exports logits of a model, before it does: whether it has done so is in its register. `model` is
 * a digest of everything but the rows that decides a logit.
 *
 * @throws StoreUnavailable
 */
export async function enterLedger(
  store: ArtifactStore,
  model: string,
  stageKey: string,
  signal?: AbortSignal,
): Promise<void> {
  const entry = { body: '{}', mediaType: 'application/json', when: 'always' } as const;
  await writeDocument(store, `${objectKeys.logits(store, model)}${stageKey}.json`, entry, signal);
}

/** Keys of the stages that export, or have exported, logits of a model; sorted. @throws StoreUnavailable */
export async function readLedger(
  store: ArtifactStore,
  model: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const folder = objectKeys.logits(store, model);
  const found: string[] = [];
  for await (const { key } of listObjects(store, folder, signal)) {
    found.push(key.slice(folder.length).replace(/\.json$/, ''));
  }
  return found.sort();
}
