import { stageRegisterSchema, type StageRegister } from '@nacre/contracts/artifact';
import { ContractViolation } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { objectKeys } from './object-keys.js';
import { parseDocument } from './parse-document.js';
import { readDocument } from './stored-document.js';

/** A register as it was at one moment; the ETag names that moment. */
export interface RegisterReading {
  readonly register: StageRegister;
  readonly etag: string;
}

/**
 * The register of a stage key, or undefined when nobody has claimed it yet.
 *
 * @throws StoreUnavailable, ContractViolation when the object is no register of this version
 */
export async function readRegister(
  store: ArtifactStore,
  kind: string,
  stageKey: string,
  signal?: AbortSignal,
): Promise<RegisterReading | undefined> {
  const key = objectKeys.register(store, kind, stageKey);
  const document = await readDocument(store, key, signal);
  if (document === undefined) return undefined;
  const register = parseDocument(document.body, stageRegisterSchema);
  if (register === undefined || (register.state === 'published' && register.manifest_id === undefined)) {
    throw new ContractViolation(
      `s3://${store.bucket}/${key} is no stage register that this version reads: use the version that wrote it, ` +
        'or delete the object to have the stage computed again.',
    );
  }
  return { register, etag: document.etag };
}
