import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { StoreUnavailable } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { askStore } from './call-store.js';
import { changedFile, sendSlice } from './file-slice.js';
import type { LocalBlob } from './local-blob.js';
import { multipartUpload } from './multipart-upload.js';

/** Whether an object may be written over another one: bytes of cas/ never change, those of a checkpoint may. */
export type UploadCondition = 'absent' | 'always';

/**
 * Uploads a file as the object of that key, in parts when it has several leaves. The server compares what it gets with
 * the digests. False when an object stands there already (of a condition `absent`), or when an upload of several parts
 * vanished under way, which also happens when the answer to its completion was lost: looking tells.
 *
 * @throws StoreUnavailable, ContractViolation when the file is not what was hashed
 */
export async function uploadFile(
  store: ArtifactStore,
  key: string,
  blob: LocalBlob,
  when: UploadCondition,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const upload = blob.digests.leaves.length > 1 ? multipartUpload : putWhole;
  try {
    return await upload(store, key, blob, when, signal);
  } catch (error) {
    throw isDigestRefusal(error) ? changedFile(blob.file, error) : error;
  }
}

/** Bytes of the object of that key, or undefined when there is none. @throws StoreUnavailable */
export async function objectSize(
  store: ArtifactStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const head = await askStore(store, { operation: 'HeadObject', key, signal }, [404], (options) =>
    store.client.send(new HeadObjectCommand({ Bucket: store.bucket, Key: key }), options),
  );
  return head === undefined ? undefined : (head.ContentLength ?? 0);
}

/** What to throw when an upload gave way to another one that did not finish. */
export function uploadInTheWay(store: ArtifactStore, key: string): StoreUnavailable {
  return new StoreUnavailable(
    `Another upload of ${key} to ${store.place} was in the way and did not finish; it may be tried again.`,
    { operation: 'PutObject', key },
  );
}

async function putWhole(
  store: ArtifactStore,
  key: string,
  { file, digests, mediaType }: LocalBlob,
  when: UploadCondition,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const command = {
    Bucket: store.bucket,
    Key: key,
    ContentLength: digests.size,
    ContentType: mediaType,
    ChecksumSHA256: Buffer.from(digests.sha256, 'hex').toString('base64'),
    ...(when === 'absent' && { IfNoneMatch: '*' }),
  };
  const call = { operation: 'PutObject', key, signal };
  const refusals = when === 'absent' ? [409, 412] : [];
  const written = await askStore(store, call, refusals, (options) =>
    sendSlice(file, 0, digests.size, (body) =>
      store.client.send(new PutObjectCommand({ ...command, Body: body }), options),
    ),
  );
  return written !== undefined;
}

function isDigestRefusal(error: unknown): boolean {
  return error instanceof StoreUnavailable && /Digest|Checksum/.test(String(error.data['code']));
}
