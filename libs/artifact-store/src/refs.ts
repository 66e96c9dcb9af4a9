import { artifactReferenceSchema, canonicalJson } from '@nacre/contracts/artifact';
import { ContractViolation } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { objectKeys } from './object-keys.js';
import { parseDocument } from './parse-document.js';
import { readDocument, writeDocument } from './stored-document.js';

/** The document of a ref. */
export const refSchema = artifactReferenceSchema.pick({ manifest_id: true });

/** A mutable name for an artifact, as it was at one moment. */
export interface Ref {
  readonly manifest_id: string;
  readonly etag: string;
}

/** The artifact that refs/<kind>/<name>.json names, or undefined. @throws StoreUnavailable, ContractViolation */
export async function getRef(
  store: ArtifactStore,
  kind: string,
  name: string,
  signal?: AbortSignal,
): Promise<Ref | undefined> {
  const key = objectKeys.ref(store, kind, name);
  const document = await readDocument(store, key, signal);
  if (document === undefined) return undefined;
  const ref = parseDocument(document.body, refSchema);
  if (ref === undefined) {
    throw new ContractViolation(
      `s3://${store.bucket}/${key} names no manifest: delete it and set it again.`,
      { key },
    );
  }
  return { ...ref, etag: document.etag };
}

/**
 * Moves the name from the reading it replaces (undefined: it did not exist) to a manifest. Undefined when somebody
 * else moved it meanwhile: read it again and decide.
 *
 * @throws StoreUnavailable
 */
export async function putRef(
  store: ArtifactStore,
  kind: string,
  name: string,
  manifestId: string,
  replaces: Ref | undefined,
  signal?: AbortSignal,
): Promise<Ref | undefined> {
  const body = canonicalJson({ manifest_id: manifestId });
  const when = replaces === undefined ? 'absent' : { etag: replaces.etag };
  const document = { body, mediaType: 'application/json', when } as const;
  const etag = await writeDocument(store, objectKeys.ref(store, kind, name), document, signal);
  if (etag !== undefined) return { manifest_id: manifestId, etag };
  // The answer to an earlier attempt may have been lost: what counts is where the name points.
  const now = await getRef(store, kind, name, signal);
  return now?.manifest_id === manifestId ? now : undefined;
}
