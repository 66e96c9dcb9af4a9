import { createHash } from 'node:crypto';
import { canonicalJson, type Manifest } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';
import { objectKeys } from './object-keys.js';
import { writeDocument } from './stored-document.js';

/** Writes the manifest under its own hash, once; answers that hash, the manifest id. @throws StoreUnavailable */
export async function writeManifest(
  store: ArtifactStore,
  manifest: Manifest,
  signal: AbortSignal | undefined,
): Promise<string> {
  const body = Buffer.from(canonicalJson(manifest));
  const manifestId = createHash('sha256').update(body).digest('hex');
  // A refused write means that the same bytes are there already.
  await writeDocument(
    store,
    objectKeys.manifest(store, manifestId),
    { body, mediaType: 'application/json', when: 'absent' },
    signal,
  );
  return manifestId;
}
