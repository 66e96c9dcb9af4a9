import { paginateListObjectsV2 } from '@aws-sdk/client-s3';

import type { ArtifactStore } from './artifact-store.js';
import { callStore } from './call-store.js';
import { objectKeys } from './object-keys.js';

/** Keys of every stage of a kind that has a register, whatever its state; in no order. @throws StoreUnavailable */
export async function listStageKeys(
  store: ArtifactStore,
  kind: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const suffix = '.json';
  const folder = objectKeys.register(store, kind, '').slice(0, -suffix.length);
  return callStore(store, { operation: 'ListObjectsV2', key: folder, signal }, async (options) => {
    const listed: string[] = [];
    const input = { Bucket: store.bucket, Prefix: folder };
    for await (const page of paginateListObjectsV2({ client: store.client }, input, options)) {
      for (const { Key } of page.Contents ?? []) {
        if (Key?.endsWith(suffix) === true) listed.push(Key.slice(folder.length, -suffix.length));
      }
    }
    return listed;
  });
}
