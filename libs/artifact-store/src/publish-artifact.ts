import type { Creator, Environment, Manifest } from '@nacre/contracts/artifact';

import type { ArtifactStore } from './artifact-store.js';

/** What a stage hands over to be published. */
export interface ArtifactDraft {
  /** Stage kind that made it. */
  readonly kind: string;
  /** Folder whose files, all of them, become the artifact. */
  readonly folder: string;
  readonly created_by: Creator;
  readonly environment: Environment;
  /** Parameters that entered the stage key. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Manifest id of each input by input name. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  /** Media types by relative path where the ending does not tell. */
  readonly mediaTypes?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** An artifact in the store. */
export interface PublishedArtifact {
  readonly manifest_id: string;
  readonly manifest: Manifest;
}

/**
 * Puts the folder's bytes into the store, then the manifest that names them: a reader sees the whole artifact or none.
 * Bytes that are already there are not sent; an upload that was interrupted goes on where it stopped.
 *
 * @throws StoreUnavailable, ContractViolation when the folder is empty, holds something that is no file, or changes
 */
export function publishArtifact(_store: ArtifactStore, _draft: ArtifactDraft): Promise<PublishedArtifact> {
  throw new Error('not yet');
}
