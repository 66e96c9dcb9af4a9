import { join } from 'node:path';
import {
  contentId,
  manifestSchema,
  type Creator,
  type Environment,
  type FileEntry,
  type Manifest,
} from '@nacre/contracts/artifact';
import { ContractViolation } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { folderFiles } from './folder-files.js';
import { hashFile } from './hash-file.js';
import { mediaType } from './media-type.js';
import { overFiles } from './over-files.js';
import { uploadBlob } from './upload-blob.js';
import { writeManifest } from './write-manifest.js';

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
 * @throws StoreUnavailable, CorruptArtifact when the store holds something else under one of the digests,
 * ContractViolation when the folder is empty, holds something that is no file, or changes meanwhile, or when the
 * draft does not make a manifest
 */
export async function publishArtifact(
  store: ArtifactStore,
  draft: ArtifactDraft,
): Promise<PublishedArtifact> {
  const { kind, folder, created_by, environment, parameters, inputs, metrics, signal } = draft;
  const files: FileEntry[] = [];
  for (const path of await folderFiles(folder)) {
    const { sha256, size, leaves } = await hashFile(join(folder, path), signal);
    files.push({
      path,
      sha256,
      size,
      leaves: [...leaves],
      media_type: draft.mediaTypes?.[path] ?? mediaType(path),
    });
  }
  const checked = manifestSchema.safeParse({
    nacre_manifest: 1,
    kind,
    content_id: contentId(kind, files),
    created_at: new Date().toISOString(),
    created_by,
    environment,
    parameters,
    inputs,
    files,
    metrics,
  });
  if (!checked.success) {
    const place = checked.error.issues[0]?.path.join('.') ?? '';
    throw new ContractViolation(
      `The ${kind} stage hands over a manifest that is not valid at ${place}.`,
      {},
      {
        cause: checked.error,
      },
    );
  }
  await overFiles(files, (entry) =>
    uploadBlob(
      store,
      { file: join(folder, entry.path), digests: entry, mediaType: entry.media_type },
      signal,
    ),
  );
  return { manifest_id: await writeManifest(store, checked.data, signal), manifest: checked.data };
}
