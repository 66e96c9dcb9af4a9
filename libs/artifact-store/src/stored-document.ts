import { createHash } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';

import type { ArtifactStore } from './artifact-store.js';
import { askStore, callStore } from './call-store.js';

/** A small object held in memory, as it was at one moment. */
export interface StoredDocument {
  readonly body: Buffer;
  /** As S3 gives it, quotes included: names this moment in a later condition. */
  readonly etag: string;
}

/** When a write may happen: always, only where nothing is, or only over exactly this ETag. */
export type WriteCondition = 'always' | 'absent' | { readonly etag: string };

/** A small object of the store's bucket, or undefined when nothing is there. @throws StoreUnavailable */
export function readDocument(
  store: ArtifactStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<StoredDocument | undefined> {
  return askStore(store, { operation: 'GetObject', key, signal }, [404], async (options) => {
    const answer = await store.client.send(new GetObjectCommand({ Bucket: store.bucket, Key: key }), options);
    const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
    return { body: Buffer.from(bytes), etag: answer.ETag ?? '' };
  });
}

/**
 * Writes a small object; answers its ETag, or undefined when the condition did not hold. After an answer lost on the
 * way the request is sent again and the condition may then fail because of the first one: only reading tells.
 *
 * @throws StoreUnavailable
 */
export async function writeDocument(
  store: ArtifactStore,
  key: string,
  document: { readonly body: Buffer | string; readonly mediaType: string; readonly when: WriteCondition },
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { body, mediaType, when } = document;
  const command = {
    Bucket: store.bucket,
    Key: key,
    Body: body,
    ContentType: mediaType,
    ChecksumSHA256: createHash('sha256').update(body).digest('base64'),
    ...(when === 'absent' && { IfNoneMatch: '*' }),
    ...(typeof when === 'object' && { IfMatch: when.etag }),
  };
  const call = { operation: 'PutObject', key, signal };
  const attempt = async (options: object): Promise<string> =>
    (await store.client.send(new PutObjectCommand(command), options)).ETag ?? '';
  if (when === 'always') return callStore(store, call, attempt);
  // 404: the object of the ETag is gone; 409: another conditional write was under way.
  return askStore(store, call, typeof when === 'object' ? [404, 409, 412] : [409, 412], attempt);
}
