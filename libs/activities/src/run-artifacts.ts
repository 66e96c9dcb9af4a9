import { join } from 'node:path';

import { fetchArtifact, type ArtifactStore } from '@nacre/artifact-store';
import { ContractViolation } from '@nacre/contracts/errors';

import type { RecordedRun } from './recorded-run.js';

/** The artifacts of a run on this machine, each fetched when it is first asked for. */
export class RunArtifacts {
  readonly #store: ArtifactStore;
  readonly #run: RecordedRun;
  readonly #folder: string;
  readonly #fetched = new Map<string, Promise<string>>();

  /** @param folder gets the artifacts */
  constructor(store: ArtifactStore, run: RecordedRun, folder: string) {
    this.#store = store;
    this.#run = run;
    this.#folder = folder;
  }

  /** Whether the stage made something; it did not when it was skipped. */
  has(stage: string): boolean {
    return this.#run.artifacts.get(stage) != null;
  }

  /**
   * The folder of what a stage made.
   *
   * @throws ContractViolation when the run has no such artifact; StoreUnavailable, CorruptArtifact
   */
  async of(stage: string): Promise<string> {
    const artifact = this.#run.artifacts.get(stage);
    if (artifact == null) throw new ContractViolation(`${this.#run.workflowId} has no artifact of ${stage}`);
    const { manifest_id: manifestId } = artifact;
    const fetched = this.#fetched.get(manifestId) ?? this.#fetch(manifestId);
    this.#fetched.set(manifestId, fetched);
    return fetched;
  }

  async #fetch(manifestId: string): Promise<string> {
    const folder = join(this.#folder, manifestId);
    await fetchArtifact(this.#store, manifestId, { cacheFolder: join(this.#folder, 'blobs'), folder });
    return folder;
  }
}
