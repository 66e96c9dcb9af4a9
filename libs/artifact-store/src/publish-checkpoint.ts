import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKPOINT_FILE, checkpointSchema, LEAF_SIZE, type Checkpoint } from '@nacre/contracts/artifact';
import { ContractViolation } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { concurrently, PARALLEL_REQUESTS } from './concurrently.js';
import { changedFile } from './file-slice.js';
import { hashFile, type FileDigests } from './hash-file.js';
import { mediaType } from './media-type.js';
import { objectKeys } from './object-keys.js';
import { parseDocument } from './parse-document.js';
import { removeObjects } from './remove-objects.js';
import { writeDocument } from './stored-document.js';
import { objectSize, uploadFile, uploadInTheWay } from './upload-file.js';

/** A checkpoint that the trainer has finished writing. */
export interface LocalCheckpoint {
  /** Holds checkpoint.json and the files that it names. */
  readonly folder: string;
  readonly step: number;
  /** Term of the claim under which it was written. */
  readonly term: number;
  readonly signal?: AbortSignal | undefined;
}

/** Where a checkpoint went. */
export interface PublishedCheckpoint {
  /** With the slash at the end. */
  readonly key_prefix: string;
  /** Bytes of all its files. */
  readonly bytes: number;
}

type CheckpointFile = Checkpoint['files'][number];

/**
 * Uploads a checkpoint to checkpoints/<stage-key>/<step>-<term>/: the files first, each compared by the server with the
 * digest in checkpoint.json, and that document last; until it is there the checkpoint is not listed. An upload that was
 * interrupted goes on where it stopped, by part.
 *
 * @throws StoreUnavailable, ContractViolation when the folder is no checkpoint of that stage and step or its files are
 * not what checkpoint.json says
 */
export async function publishCheckpoint(
  store: ArtifactStore,
  stageKey: string,
  { folder, step, term, signal }: LocalCheckpoint,
): Promise<PublishedCheckpoint> {
  const body = await readFile(join(folder, CHECKPOINT_FILE)).catch((cause: unknown) => {
    throw new ContractViolation(`The checkpoint in ${folder} has no ${CHECKPOINT_FILE}.`, {}, { cause });
  });
  const checkpoint = parseDocument(body, checkpointSchema);
  if (checkpoint?.stage.key !== stageKey || checkpoint.step !== step) {
    throw new ContractViolation(
      `${join(folder, CHECKPOINT_FILE)} is no checkpoint of step ${step} of the stage ${stageKey}.`,
      { step },
    );
  }
  const key_prefix = objectKeys.checkpoint(store, stageKey, step, term);
  const last = key_prefix + CHECKPOINT_FILE;
  // A bad one of the same term may be replaced; while it is, it must not be listed.
  await removeObjects(store, [last], signal);
  const upload = (file: CheckpointFile): Promise<void> => uploadOne(store, key_prefix, folder, file, signal);
  // Large files are parallel in themselves.
  const large = checkpoint.files.filter((file) => file.size > LEAF_SIZE);
  await concurrently(
    checkpoint.files.filter((file) => file.size <= LEAF_SIZE),
    PARALLEL_REQUESTS,
    upload,
  );
  for (const file of large) await upload(file);
  await writeDocument(store, last, { body, mediaType: mediaType(CHECKPOINT_FILE), when: 'always' }, signal);
  return { key_prefix, bytes: checkpoint.files.reduce((sum, file) => sum + file.size, body.length) };
}

async function uploadOne(
  store: ArtifactStore,
  keyPrefix: string,
  folder: string,
  file: CheckpointFile,
  signal: AbortSignal | undefined,
): Promise<void> {
  const local = join(folder, file.path);
  const key = keyPrefix + file.path;
  const blob = {
    file: local,
    digests: await digestsOf(local, file, signal),
    mediaType: mediaType(file.path),
  };
  if (await uploadFile(store, key, blob, 'always', signal)) return;
  if ((await objectSize(store, key, signal)) !== file.size) throw uploadInTheWay(store, key);
}

/** What the file must be; only one of several parts needs to be read for that. */
async function digestsOf(
  local: string,
  { sha256, size }: CheckpointFile,
  signal: AbortSignal | undefined,
): Promise<FileDigests> {
  if (size <= LEAF_SIZE) return { sha256, size, leaves: size === 0 ? [] : [sha256] };
  const digests = await hashFile(local, signal);
  if (digests.sha256 !== sha256) throw changedFile(local);
  return digests;
}
