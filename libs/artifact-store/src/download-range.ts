import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';

import type { ArtifactStore } from './artifact-store.js';
import { askStore } from './call-store.js';

/** Bytes of one object that a local file is to get at the same offset. */
export interface ObjectRange {
  readonly bucket: string;
  readonly key: string;
  readonly first: number;
  readonly length: number;
  /** Without quotes; with it only the object as it was described is read. */
  readonly etag?: string;
  readonly versionId?: string;
}

/** What arrived: perhaps fewer bytes than asked for, if the object is shorter than it should be. */
export interface ReceivedRange {
  readonly length: number;
  readonly sha256: string;
}

/**
 * Streams a range of an object into an open file, at the same offset. A connection that breaks in the middle is tried
 * again from the range's start. Undefined when the object is absent, shorter than the range's start, or no longer the
 * described one.
 *
 * @throws StoreUnavailable; the file system's error, e.g. ENOSPC
 */
export function downloadRange(
  store: ArtifactStore,
  range: ObjectRange,
  file: FileHandle,
  signal: AbortSignal | undefined,
): Promise<ReceivedRange | undefined> {
  const { bucket, key, first, length, etag, versionId } = range;
  const command = {
    Bucket: bucket,
    Key: key,
    Range: `bytes=${first}-${first + length - 1}`,
    ...(etag !== undefined && { IfMatch: `"${etag}"` }),
    ...(versionId !== undefined && { VersionId: versionId }),
  };
  const call = {
    operation: 'GetObject',
    key: bucket === store.bucket ? key : `s3://${bucket}/${key}`,
    signal,
  };
  return askStore(store, call, [404, 412, 416], async (options) => {
    const answer = await store.client.send(new GetObjectCommand(command), options);
    const digest = createHash('sha256');
    let received = 0;
    for await (const piece of answer.Body as AsyncIterable<Buffer>) {
      // A server that ignores Range must not write past this range.
      const wanted = piece.subarray(0, length - received);
      digest.update(wanted);
      await writeWhole(file, wanted, first + received);
      received += wanted.length;
      if (wanted.length < piece.length) break;
    }
    return { length: received, sha256: digest.digest('hex') };
  });
}

async function writeWhole(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}
