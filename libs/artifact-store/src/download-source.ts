import { LEAF_SIZE } from '@nacre/contracts/artifact';
import { CorruptArtifact, InvalidData } from '@nacre/contracts/errors';
import type { SourceDescription } from '@nacre/contracts/run';

import type { ArtifactStore } from './artifact-store.js';
import { concurrently, PARALLEL_REQUESTS } from './concurrently.js';
import { downloadRange } from './download-range.js';
import { hashFile } from './hash-file.js';
import { landFile } from './land-file.js';
import { sourceLocation } from './source-location.js';

/**
 * Downloads exactly the bytes that were described to a local file, which appears only whole.
 *
 * @throws StoreUnavailable, InvalidData when the source changed or went since it was described, CorruptArtifact when
 * bytes of cas:// do not have their digest, DoesNotFit when the disk is full
 */
export async function downloadSource(
  store: ArtifactStore,
  uri: string,
  expected: SourceDescription,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const { bucket, key, sha256 } = sourceLocation(store, uri);
  const condition =
    sha256 === undefined
      ? { etag: expected.etag, ...(expected.version_id !== null && { versionId: expected.version_id }) }
      : {};
  const starts = Array.from(
    { length: Math.ceil(expected.size / LEAF_SIZE) },
    (_, index) => index * LEAF_SIZE,
  );
  await landFile(file, 0o644, async (handle, part) => {
    await concurrently(starts, PARALLEL_REQUESTS, async (first) => {
      const length = Math.min(LEAF_SIZE, expected.size - first);
      const received = await downloadRange(
        store,
        { bucket, key, first, length, ...condition },
        handle,
        signal,
      );
      if (received !== length) throw changed(uri, expected);
    });
    if (sha256 !== undefined && (await hashFile(part, signal)).sha256 !== sha256)
      throw corrupt(store, uri, key);
  });
}

function changed(uri: string, expected: SourceDescription): InvalidData {
  return new InvalidData(
    `The source ${uri} changed or went after the run had looked at it (ETag ${expected.etag}, ${expected.size} bytes): ` +
      'start the run again to use what is there now.',
    { uri },
  );
}

function corrupt(store: ArtifactStore, uri: string, key: string): CorruptArtifact {
  return new CorruptArtifact(
    `s3://${store.bucket}/${key} has other bytes than ${uri} says: delete the object and start the run again where the ` +
      'local file is, so that it is uploaded anew.',
    { key },
  );
}
