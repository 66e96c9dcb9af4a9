import type { StageRegister } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';

/** A register as it was at one moment; the ETag names that moment. */
export interface RegisterReading {
  readonly register: StageRegister;
  readonly etag: string;
}

/** The register of a stage key, or undefined when nobody has claimed it yet. @throws StoreUnavailable */
export function readRegister(
  _store: ArtifactStore,
  _kind: string,
  _stageKey: string,
  _signal?: AbortSignal,
): Promise<RegisterReading | undefined> {
  throw new Error('not yet');
}
