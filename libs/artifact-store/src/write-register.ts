import { canonicalJson, type StageRegister } from '@nacre/contracts/artifact';
import { StoreUnavailable } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { objectKeys } from './object-keys.js';
import { writeDocument } from './stored-document.js';

/** Reads and writes in turn before giving up; a refused write means that another one was made. */
export const REGISTER_ROUNDS = 50;

/**
 * Writes the register over the reading with that ETag (undefined: where none is yet). Answers the new ETag, or
 * undefined when the register is no longer what was read; that also happens when the answer to an earlier attempt of
 * this same write was lost, so the caller reads again and looks for its own nonce.
 *
 * @throws StoreUnavailable
 */
export function writeRegister(
  store: ArtifactStore,
  kind: string,
  stageKey: string,
  register: StageRegister,
  replaces: string | undefined,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  return writeDocument(
    store,
    objectKeys.register(store, kind, stageKey),
    {
      body: canonicalJson(register),
      mediaType: 'application/json',
      when: replaces === undefined ? 'absent' : { etag: replaces },
    },
    signal,
  );
}

/** What to throw when a register could not be written in all those rounds: no crowd explains that. */
export function contendedRegister(store: ArtifactStore, kind: string, stageKey: string): StoreUnavailable {
  const key = objectKeys.register(store, kind, stageKey);
  return new StoreUnavailable(
    `The artifact store at ${store.place} refused ${REGISTER_ROUNDS} conditional writes to ${key} in a row, though ` +
      'each had just read it: `npx nacre doctor` tests its conditional writes.',
    { operation: 'PutObject', key },
  );
}
