import { CorruptArtifact } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import type { LocalBlob } from './local-blob.js';
import { objectKeys } from './object-keys.js';
import { objectSize, uploadFile, uploadInTheWay } from './upload-file.js';

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
  const key = objectKeys.blob(store, blob.digests.sha256);
  if (await hasBlob(store, key, blob.digests.size, signal)) return;
  if (await uploadFile(store, key, blob, 'absent', signal)) return;
  // Somebody else wrote the same bytes, or was writing them.
  if (!(await hasBlob(store, key, blob.digests.size, signal))) throw uploadInTheWay(store, key);
}

/** Whether cas/ holds an object of that digest and size. */
async function hasBlob(
  store: ArtifactStore,
  key: string,
  size: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const found = await objectSize(store, key, signal);
  if (found !== undefined && found !== size) {
    throw new CorruptArtifact(
      `s3://${store.bucket}/${key} has ${found} bytes, but the file of that digest has ` +
        `${size}: delete the object and try again.`,
      { key },
    );
  }
  return found !== undefined;
}
