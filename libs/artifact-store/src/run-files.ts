import type { ArtifactStore } from './artifact-store.js';

/** A readable copy under runs/<run>/. */
export interface RunFile {
  /** Path below the run's folder. */
  readonly path: string;
  readonly size: number;
  readonly modified: Date;
}

/** Writes runs/<run>/<path>, over what is there; answers its key in the bucket. @throws StoreUnavailable */
export function putRunFile(
  _store: ArtifactStore,
  _run: string,
  _path: string,
  _body: Buffer | string,
  _mediaType: string,
  _signal?: AbortSignal,
): Promise<string> {
  throw new Error('not yet');
}

/** Files of the run, sorted by path; empty for an unknown run. @throws StoreUnavailable */
export function listRunFiles(_store: ArtifactStore, _run: string, _signal?: AbortSignal): Promise<RunFile[]> {
  throw new Error('not yet');
}

/** Bytes of runs/<run>/<path>, or undefined. @throws StoreUnavailable */
export function getRunFile(
  _store: ArtifactStore,
  _run: string,
  _path: string,
  _signal?: AbortSignal,
): Promise<Buffer | undefined> {
  throw new Error('not yet');
}
