import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  paginateListParts,
} from '@aws-sdk/client-s3';

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
  readonly key: string;
  readonly uploadId: string;
  readonly initiated: Date;
}

/** The parts of an upload by part number, from 1. */
export type ListedParts = ReadonlyMap<number, ListedPart>;

/** Every unfinished upload of a key with that prefix, page by page. @throws StoreUnavailable */
export async function* unfinishedUploads(
  store: ArtifactStore,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<UnfinishedUpload> {
  const call = { operation: 'ListMultipartUploads', key: prefix, signal };
  let marker: { KeyMarker: string; UploadIdMarker: string | undefined } | undefined;
  do {
    const command = new ListMultipartUploadsCommand({ Bucket: store.bucket, Prefix: prefix, ...marker });
    const page = await callStore(store, call, (options) => store.client.send(command, options));
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key?.startsWith(prefix) !== true || UploadId === undefined) continue;
      yield { key: Key, uploadId: UploadId, initiated: Initiated ?? new Date(0) };
    }
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
    marker =
      IsTruncated === true && NextKeyMarker !== undefined
        ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker }
        : undefined;
  } while (marker !== undefined);
}

/** The newest unfinished upload of exactly that key, or undefined. @throws StoreUnavailable */
export async function findUpload(
  store: ArtifactStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<UnfinishedUpload | undefined> {
  let newest: UnfinishedUpload | undefined;
  for await (const upload of unfinishedUploads(store, key, signal)) {
    if (upload.key === key && (newest === undefined || upload.initiated > newest.initiated)) newest = upload;
  }
  return newest;
}

/** The parts that the server has; undefined when the upload was completed or aborted since. @throws StoreUnavailable */
export async function listParts(
  store: ArtifactStore,
  { key, uploadId }: UnfinishedUpload,
  signal: AbortSignal | undefined,
): Promise<ListedParts | undefined> {
  return askStore(store, { operation: 'ListParts', key, signal }, [404], async (options) => {
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
}

/** Gives the upload up and frees its parts; one that is gone already is no failure. @throws StoreUnavailable */
export async function abortUpload(
  store: ArtifactStore,
  { key, uploadId }: Pick<UnfinishedUpload, 'key' | 'uploadId'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const command = new AbortMultipartUploadCommand({ Bucket: store.bucket, Key: key, UploadId: uploadId });
  await askStore(store, { operation: 'AbortMultipartUpload', key, signal }, [404], (options) =>
    store.client.send(command, options),
  );
}
