import { createHash } from 'node:crypto';
import { ContractViolation, CorruptArtifact } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { objectKeys } from './object-keys.js';
import { readManifest } from './read-manifest.js';
import { readDocument } from './stored-document.js';

/**
 * Bytes of one small document of an artifact, checked against the manifest; held in memory whole.
 *
 * @throws StoreUnavailable, CorruptArtifact, ContractViolation when the artifact has no such path
 */
export async function readArtifactFile(
  store: ArtifactStore,
  manifestId: string,
  path: string,
  signal?: AbortSignal,
): Promise<Buffer> {
  const manifest = await readManifest(store, manifestId, signal);
  const entry = manifest.files.find((file) => file.path === path);
  if (entry === undefined) {
    throw new ContractViolation(`The ${manifest.kind} artifact ${manifestId} has no file ${path}.`);
  }
  const key = objectKeys.blob(store, entry.sha256);
  const document = await readDocument(store, key, signal);
  if (document === undefined || createHash('sha256').update(document.body).digest('hex') !== entry.sha256) {
    const fault = document === undefined ? 'is missing' : 'has other bytes than its name says';
    throw new CorruptArtifact(
      `s3://${store.bucket}/${key} (${path} of ${manifest.created_by.stage}) ${fault}.`,
      {
        key,
        leaf: 0,
      },
    );
  }
  return document.body;
}
