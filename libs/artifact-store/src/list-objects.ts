import { ListObjectsV2Command } from '@aws-sdk/client-s3';

import type { ArtifactStore } from './artifact-store.js';
import { callStore } from './call-store.js';

/** An object of a listing. */
export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

/** Every object of the store's bucket whose key begins with a prefix, page by page. @throws StoreUnavailable */
export async function* listObjects(
  store: ArtifactStore,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedObject> {
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: store.bucket,
      Prefix: prefix,
      ...(token !== undefined && { ContinuationToken: token }),
    });
    const page = await callStore(store, { operation: 'ListObjectsV2', key: prefix, signal }, (options) =>
      store.client.send(command, options),
    );
    for (const { Key, Size } of page.Contents ?? []) {
      if (Key !== undefined) yield { key: Key, size: Size ?? 0 };
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}
