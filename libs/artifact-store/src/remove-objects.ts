import { DeleteObjectCommand } from '@aws-sdk/client-s3';

import type { ArtifactStore } from './artifact-store.js';
import { callStore } from './call-store.js';
import { concurrently, PARALLEL_REQUESTS } from './concurrently.js';

/** Removes objects by key; one that is absent already is no failure. @throws StoreUnavailable */
export async function removeObjects(
  store: ArtifactStore,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await concurrently(keys, PARALLEL_REQUESTS, (key) =>
    callStore(store, { operation: 'DeleteObject', key, signal }, (options) =>
      store.client.send(new DeleteObjectCommand({ Bucket: store.bucket, Key: key }), options),
    ),
  );
}
