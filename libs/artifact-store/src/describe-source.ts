import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { InvalidData } from '@nacre/contracts/errors';
import type { SourceDescription } from '@nacre/contracts/run';

import type { ArtifactStore } from './artifact-store.js';
import { askStore } from './call-store.js';
import { sourceLocation } from './source-location.js';

/**
 * What a HEAD request says of s3://bucket/key (any bucket that the store's endpoint and credentials reach) or
 * cas://sha256/<hex> (in the store itself).
 *
 * @throws StoreUnavailable, InvalidData naming the URI when nothing is there
 */
export async function describeSource(
  store: ArtifactStore,
  uri: string,
  signal?: AbortSignal,
): Promise<SourceDescription> {
  const { bucket, key, sha256 } = sourceLocation(store, uri);
  const head = await askStore(store, { operation: 'HeadObject', key: uri, signal }, [404], (options) =>
    store.client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), options),
  );
  if (head === undefined) {
    throw new InvalidData(
      `Nothing is at the source ${uri} (asked ${store.place}): check its bucket and key.`,
      { uri },
    );
  }
  return {
    uri,
    etag: sha256 ?? (head.ETag ?? '').replaceAll('"', ''),
    size: head.ContentLength ?? 0,
    version_id: sha256 === undefined ? (head.VersionId ?? null) : null,
  };
}
