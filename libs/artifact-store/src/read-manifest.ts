import { createHash } from 'node:crypto';
import { manifestSchema, type Manifest } from '@nacre/contracts/artifact';
import { ContractViolation, CorruptArtifact } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { objectKeys } from './object-keys.js';
import { parseDocument } from './parse-document.js';
import { readDocument } from './stored-document.js';

/**
 * The manifest of that id, its bytes checked against the id.
 *
 * @throws StoreUnavailable, CorruptArtifact when it is absent or its bytes are not what its name says,
 * ContractViolation when it is of another version of Nacre
 */
export async function readManifest(
  store: ArtifactStore,
  manifestId: string,
  signal?: AbortSignal,
): Promise<Manifest> {
  const key = objectKeys.manifest(store, manifestId);
  const document = await readDocument(store, key, signal);
  if (document === undefined) {
    throw new CorruptArtifact(
      `The manifest s3://${store.bucket}/${key} is missing: delete the register under stages/ that names it, and the ` +
        'next run makes the artifact anew.',
      { key },
    );
  }
  if (createHash('sha256').update(document.body).digest('hex') !== manifestId) {
    throw new CorruptArtifact(
      `The manifest s3://${store.bucket}/${key} has other bytes than its name says: restore it, or delete it and the ` +
        'register under stages/ that names it, and the next run makes the artifact anew.',
      { key },
    );
  }
  const manifest = parseDocument(document.body, manifestSchema);
  if (manifest === undefined) {
    throw new ContractViolation(
      `The manifest s3://${store.bucket}/${key} is of another version of Nacre: read it with the version that wrote it.`,
      { key },
    );
  }
  return manifest;
}
