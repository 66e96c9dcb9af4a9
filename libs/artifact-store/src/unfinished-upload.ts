import { ListMultipartUploadsCommand, paginateListParts } from '@aws-sdk/client-s3';

import type { ArtifactStore } from './artifact-store.js';
import { askStore, callStore } from './call-store.js';

/** A part that the server has. */
export interface ListedPart {
  readonly size: number;
  /** As S3 gives it, quotes included. */
  readonly etag: string;
  /** Base64; undefined where the server does not list it. */
  readonly sha256: string | undefined;
}

/** A multipart upload that was begun and neither completed nor aborted. */
export interface UnfinishedUpload {
  readonly uploadId: string;
  /** By part number, from 1. */
  readonly parts: ReadonlyMap<number, ListedPart>;
}

/** The newest unfinished upload of exactly that key, or undefined. @throws StoreUnavailable */
export async function findUpload(
  store: ArtifactStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<UnfinishedUpload | undefined> {
  const listing = await callStore(store, { operation: 'ListMultipartUploads', key, signal }, (options) =>
    store.client.send(new ListMultipartUploadsCommand({ Bucket: store.bucket, Prefix: key }), options),
  );
  const uploadId = (listing.Uploads ?? [])
    .filter((upload) => upload.Key === key)
    .sort((left, right) => (right.Initiated?.getTime() ?? 0) - (left.Initiated?.getTime() ?? 0))[0]?.UploadId;
  if (uploadId === undefined) return undefined;
  // 404: it was completed or aborted since.
  const parts = await askStore(store, { operation: 'ListParts', key, signal }, [404], async (options) => {
    const listed = new Map<number, ListedPart>();
    const input = { Bucket: store.bucket, Key: key, UploadId: uploadId };
    for await (const page of paginateListParts({ client: store.client }, input, options)) {
      for (const { PartNumber, Size, ETag, ChecksumSHA256 } of page.Parts ?? []) {
        if (PartNumber === undefined || ETag === undefined) continue;
        listed.set(PartNumber, { size: Size ?? 0, etag: ETag, sha256: ChecksumSHA256 });
      }
    }
    return listed;
  });
  return parts === undefined ? undefined : { uploadId, parts };
}
