import { createHash } from 'node:crypto';
import { canonicalJson, type Manifest } from '@nacre/contracts/artifact';
import { StoreUnavailable } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { objectKeys } from './object-keys.js';
import { readDocument, writeDocument } from './stored-document.js';

/** Writes that are tried before the store counts as unsound. */
const ROUNDS = 5;

/** Writes the manifest under its own hash, once; answers that hash, the manifest id. @throws StoreUnavailable */
export async function writeManifest(
  store: ArtifactStore,
  manifest: Manifest,
  signal: AbortSignal | undefined,
): Promise<string> {
  const body = Buffer.from(canonicalJson(manifest));
  const manifestId = createHash('sha256').update(body).digest('hex');
  const key = objectKeys.manifest(store, manifestId);
  const document = { body, mediaType: 'application/json', when: 'absent' } as const;
  for (let round = 0; round < ROUNDS; round += 1) {
    if ((await writeDocument(store, key, document, signal)) !== undefined) return manifestId;
    // Refused: the same bytes are there already, or another conditional write was under way (409) and may have failed.
    if ((await readDocument(store, key, signal)) !== undefined) return manifestId;
  }
  throw new StoreUnavailable(
    `The artifact store at ${store.place} refuses to write ${key}, where nothing is: \`npx nacre doctor\` tests its ` +
      'conditional writes.',
    { operation: 'PutObject', key },
  );
}
