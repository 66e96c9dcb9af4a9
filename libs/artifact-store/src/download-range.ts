import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
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

/** Bytes that are written at once: a piece has 64 KiB, and a call for each would cost more than its digest. */
const BATCH = 1024 * 1024;

/** Fewer bytes than this within the store's patience are no transfer: the connection is given up. */
const TRICKLE = 64 * 1024;

/**
 * Streams a range of an object into an open file, at the same offset. A connection that breaks, stalls or trickles is
 * given up, and what is missing is asked for again, of the same object. Answers how many bytes arrived, perhaps fewer
 * than asked for, if the object is shorter than it should be; undefined when it is absent, shorter than the range's
 * start, or no longer the described one. The digest is given what is written, in order.
 *
 * @throws StoreUnavailable; the file system's error, e.g. ENOSPC
 */
export function downloadRange(
  store: ArtifactStore,
  range: ObjectRange,
  file: FileHandle,
  signal: AbortSignal | undefined,
  digest?: Hash,
): Promise<number | undefined> {
  const { bucket, key, first, length, versionId } = range;
  let written = 0;
  let etag = range.etag === undefined ? undefined : `"${range.etag}"`;
  const call = {
    operation: 'GetObject',
    key: bucket === store.bucket ? key : `s3://${bucket}/${key}`,
    signal,
  };
  return askStore(store, call, [404, 412, 416], async (options) => {
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      Range: `bytes=${first + written}-${first + length - 1}`,
      ...(etag !== undefined && { IfMatch: etag }),
      ...(versionId !== undefined && { VersionId: versionId }),
    });
    const answer = await store.client.send(command, options);
    etag ??= answer.ETag;
    const body = answer.Body as Readable;
    let arrived = written;
    const endWatch = watchForTrickle(body, store.patience, () => arrived);
    let batch: Buffer[] = [];
    const writeBatch = async (): Promise<void> => {
      const pieces = batch;
      batch = [];
      await writeWhole(file, pieces, first + written);
      for (const piece of pieces) digest?.update(piece);
      written = arrived;
    };
    try {
      for await (const piece of body as AsyncIterable<Buffer>) {
        // A server that ignores Range must not write past this range.
        const wanted = piece.subarray(0, length - arrived);
        batch.push(wanted);
        arrived += wanted.length;
        if (arrived - written >= BATCH) await writeBatch();
        if (wanted.length < piece.length) break;
      }
    } finally {
      endWatch();
      // Also of a connection that broke: the next one goes on behind what came.
      await writeBatch();
    }
    return written;
  });
}

/** Breaks a body off that brings less than TRICKLE in every span of patience; the answer ends the watch. */
function watchForTrickle(body: Readable, patience: number, received: () => number): () => void {
  let before = received();
  const timer = setInterval(() => {
    if (received() - before < TRICKLE) {
      const fault = new Error(`less than ${TRICKLE} bytes came within ${patience} ms`);
      body.destroy(Object.assign(fault, { name: 'TimeoutError' }));
    }
    before = received();
  }, patience);
  return () => {
    clearInterval(timer);
  };
}

async function writeWhole(file: FileHandle, pieces: readonly Buffer[], position: number): Promise<void> {
  if (pieces.length === 0) return;
  const { bytesWritten } = await file.writev(pieces, position);
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  if (bytesWritten === total) return;
  const rest = Buffer.concat(pieces).subarray(bytesWritten);
  for (let done = 0; done < rest.length;) {
    const at = position + bytesWritten + done;
    done += (await file.write(rest, done, rest.length - done, at)).bytesWritten;
  }
}
