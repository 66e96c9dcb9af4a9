import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CorruptArtifact, StoreUnavailable } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { askStore } from './call-store.js';
import { changedFile, sendSlice } from './file-slice.js';
import type { FileDigests } from './hash-file.js';
import type { LocalBlob } from './local-blob.js';
import { multipartUpload } from './multipart-upload.js';
import { objectKeys } from './object-keys.js';

/**
 * Makes sure that cas/ holds the file's bytes; sends nothing when it does already.
 *
 * @throws StoreUnavailable, CorruptArtifact when another size stands under this digest, ContractViolation when the
 * file changed since it was hashed
 */
export async function uploadBlob(
  store: ArtifactStore,
  blob: LocalBlob,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { digests } = blob;
  if (await hasBlob(store, digests, signal)) return;
  try {
    const written =
      digests.leaves.length > 1
        ? await multipartUpload(store, blob, signal)
        : await putWhole(store, blob, signal);
    if (written || (await hasBlob(store, digests, signal))) return;
  } catch (error) {
    throw isDigestRefusal(error) ? changedFile(blob.file, error) : error;
  }
  const key = objectKeys.blob(store, digests.sha256);
  throw new StoreUnavailable(
    `Another upload of ${key} to ${store.place} was in the way and did not finish; it may be tried again.`,
    { operation: 'PutObject', key },
  );
}

/** Whether cas/ holds an object of that digest and size. */
async function hasBlob(
  store: ArtifactStore,
  digests: FileDigests,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const key = objectKeys.blob(store, digests.sha256);
  const head = await askStore(store, { operation: 'HeadObject', key, signal }, [404], (options) =>
    store.client.send(new HeadObjectCommand({ Bucket: store.bucket, Key: key }), options),
  );
  if (head !== undefined && head.ContentLength !== digests.size) {
    throw new CorruptArtifact(
      `s3://${store.bucket}/${key} has ${head.ContentLength ?? 0} bytes, but the file of that digest has ` +
        `${digests.size}: delete the object and try again.`,
      { key },
    );
  }
  return head !== undefined;
}

/** False when somebody else wrote or was writing the same bytes. */
async function putWhole(
  store: ArtifactStore,
  { file, digests, mediaType }: LocalBlob,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const key = objectKeys.blob(store, digests.sha256);
  const command = {
    Bucket: store.bucket,
    Key: key,
    ContentLength: digests.size,
    ContentType: mediaType,
    ChecksumSHA256: Buffer.from(digests.sha256, 'hex').toString('base64'),
    IfNoneMatch: '*',
  };
  const call = { operation: 'PutObject', key, signal };
  const written = await askStore(store, call, [409, 412], (options) =>
    sendSlice(file, 0, digests.size, (body) =>
      store.client.send(new PutObjectCommand({ ...command, Body: body }), options),
    ),
  );
  return written !== undefined;
}

function isDigestRefusal(error: unknown): boolean {
  return error instanceof StoreUnavailable && /Digest|Checksum/.test(String(error.data['code']));
}
