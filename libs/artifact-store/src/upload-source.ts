import { InvalidData } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { hashFile } from './hash-file.js';
import { mediaType } from './media-type.js';
import { uploadBlob } from './upload-blob.js';

/**
 * Puts a local file into cas/ and answers its name, cas://sha256/<hex>. Sent only when the store lacks it.
 *
 * @throws StoreUnavailable, InvalidData when the file cannot be read
 */
export async function uploadSource(
  store: ArtifactStore,
  file: string,
  signal?: AbortSignal,
): Promise<string> {
  const digests = await hashFile(file, signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw unreadable(file, error);
  });
  await uploadBlob(store, { file, digests, mediaType: mediaType(file) }, signal);
  return `cas://sha256/${digests.sha256}`;
}

function unreadable(file: string, cause: unknown): InvalidData {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const reason =
    code === 'ENOENT'
      ? 'does not exist'
      : code === 'EISDIR'
        ? 'is a folder'
        : `cannot be read (${String(code)})`;
  return new InvalidData(
    `The source ${file} ${reason}: name a readable file in the recipe.`,
    { file },
    { cause },
  );
}
