import { paginateListObjectsV2 } from '@aws-sdk/client-s3';

import type { ArtifactStore } from './artifact-store.js';
import { callStore } from './call-store.js';
import { objectKeys } from './object-keys.js';
import { readDocument, writeDocument } from './stored-document.js';

/** A readable copy under runs/<run>/. */
export interface RunFile {
  /** Path below the run's folder. */
  readonly path: string;
  readonly size: number;
  readonly modified: Date;
}

/** Writes runs/<run>/<path>, over what is there; answers its key in the bucket. @throws StoreUnavailable */
export async function putRunFile(
  store: ArtifactStore,
  run: string,
  path: string,
  body: Buffer | string,
  mediaType: string,
  signal?: AbortSignal,
): Promise<string> {
  const key = objectKeys.runFile(store, run, path);
  await writeDocument(store, key, { body, mediaType, when: 'always' }, signal);
  return key;
}

/** Files of the run, sorted by path; empty for an unknown run. @throws StoreUnavailable */
export async function listRunFiles(
  store: ArtifactStore,
  run: string,
  signal?: AbortSignal,
): Promise<RunFile[]> {
  const folder = objectKeys.runFile(store, run, '');
  const files = await callStore(
    store,
    { operation: 'ListObjectsV2', key: folder, signal },
    async (options) => {
      const listed: RunFile[] = [];
      const input = { Bucket: store.bucket, Prefix: folder };
      for await (const page of paginateListObjectsV2({ client: store.client }, input, options)) {
        for (const { Key, Size, LastModified } of page.Contents ?? []) {
          if (Key === undefined || Key === folder) continue;
          listed.push({
            path: Key.slice(folder.length),
            size: Size ?? 0,
            modified: LastModified ?? new Date(0),
          });
        }
      }
      return listed;
    },
  );
  return files.sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** Bytes of runs/<run>/<path>, or undefined. @throws StoreUnavailable */
export async function getRunFile(
  store: ArtifactStore,
  run: string,
  path: string,
  signal?: AbortSignal,
): Promise<Buffer | undefined> {
  return (await readDocument(store, objectKeys.runFile(store, run, path), signal))?.body;
}
