import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { LEAF_SIZE } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';
import { askStore, callStore } from './call-store.js';
import { concurrently, PARALLEL_REQUESTS } from './concurrently.js';
import { sendSlice } from './file-slice.js';
import type { LocalBlob } from './local-blob.js';
import { abortUpload, findUpload, listParts, type ListedPart } from './unfinished-upload.js';
import type { UploadCondition } from './upload-file.js';

/**
 * Uploads a file of several leaves, a part for each leaf, each with the leaf's sha256. An unfinished upload of the same
 * key, whoever began it, is gone on with: parts that are there with the right bytes are not sent again. False when
 * somebody else wrote the object first or the upload vanished: then the object is there, or the caller tries again.
 *
 * @throws StoreUnavailable
 */
export async function multipartUpload(
  store: ArtifactStore,
  key: string,
  blob: LocalBlob,
  when: UploadCondition,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const unfinished = await findUpload(store, key, signal);
  const there = unfinished === undefined ? undefined : await listParts(store, unfinished, signal);
  const uploadId =
    unfinished !== undefined && there !== undefined
      ? unfinished.uploadId
      : await createUpload(store, key, blob.mediaType, signal);
  const target = { Bucket: store.bucket, Key: key, UploadId: uploadId };
  const parts = await concurrently(blob.digests.leaves, PARALLEL_REQUESTS, async (leaf, index) => {
    const listed = there?.get(index + 1);
    if (listed !== undefined && (await isLeaf(listed, blob, index))) {
      return { PartNumber: index + 1, ETag: listed.etag, ChecksumSHA256: base64(leaf) };
    }
    return uploadPart(store, target, blob, index, signal);
  });
  if (!parts.every((part) => part !== undefined)) return false;
  // 412: the object is there; 409: another write is under way; 404: the upload is gone, perhaps because it was
  // completed and the answer lost.
  const call = { operation: 'CompleteMultipartUpload', key, signal };
  const completed = await askStore(store, call, [404, 409, 412], (options) =>
    store.client.send(
      new CompleteMultipartUploadCommand({
        ...target,
        MultipartUpload: { Parts: parts },
        ...(when === 'absent' && { IfNoneMatch: '*' }),
      }),
      options,
    ),
  );
  if (completed !== undefined) return true;
  await abortUpload(store, { key, uploadId }, signal).catch(() => undefined);
  return false;
}

async function createUpload(
  store: ArtifactStore,
  key: string,
  mediaType: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const command = {
    Bucket: store.bucket,
    Key: key,
    ContentType: mediaType,
    ChecksumAlgorithm: 'SHA256' as const,
  };
  const created = await callStore(store, { operation: 'CreateMultipartUpload', key, signal }, (options) =>
    store.client.send(new CreateMultipartUploadCommand(command), options),
  );
  return created.UploadId ?? '';
}

/** The part as the completion names it, or undefined when the upload is gone. */
async function uploadPart(
  store: ArtifactStore,
  target: { readonly Bucket: string; readonly Key: string; readonly UploadId: string },
  { file, digests }: LocalBlob,
  index: number,
  signal: AbortSignal | undefined,
): Promise<CompletedPart | undefined> {
  const first = index * LEAF_SIZE;
  const length = Math.min(LEAF_SIZE, digests.size - first);
  const part = { PartNumber: index + 1, ChecksumSHA256: base64(digests.leaves[index] ?? '') };
  const call = { operation: `UploadPart ${part.PartNumber} of`, key: target.Key, signal };
  const answer = await askStore(store, call, [404], (options) =>
    sendSlice(file, first, length, (body) =>
      store.client.send(
        new UploadPartCommand({ ...target, ...part, Body: body, ContentLength: length }),
        options,
      ),
    ),
  );
  return answer?.ETag === undefined ? undefined : { ...part, ETag: answer.ETag };
}

/** Whether a part that the server lists holds the leaf's bytes: by its sha256, else by its ETag, which is the md5. */
async function isLeaf(listed: ListedPart, { file, digests }: LocalBlob, index: number): Promise<boolean> {
  const first = index * LEAF_SIZE;
  const length = Math.min(LEAF_SIZE, digests.size - first);
  if (listed.size !== length) return false;
  if (listed.sha256 !== undefined) return listed.sha256 === base64(digests.leaves[index] ?? '');
  const md5 = createHash('md5');
  await sendSlice(file, first, length, async (body) => {
    for await (const piece of body as AsyncIterable<Buffer>) md5.update(piece);
  });
  return listed.etag.replaceAll('"', '') === md5.digest('hex');
}

function base64(hexadecimal: string): string {
  return Buffer.from(hexadecimal, 'hex').toString('base64');
}
