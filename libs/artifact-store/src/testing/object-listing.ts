import { DeleteObjectCommand, paginateListObjectsV2, PutObjectCommand } from '@aws-sdk/client-s3';

import type { ArtifactStore } from '../artifact-store.js';

/** Keys of everything in the store, below its prefix, sorted. */
export async function listedKeys(store: ArtifactStore): Promise<string[]> {
  const root = `${store.prefix}/`;
  const keys: string[] = [];
  const input = { Bucket: store.bucket, Prefix: root };
  for await (const page of paginateListObjectsV2({ client: store.client }, input)) {
    keys.push(
      ...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key.slice(root.length)])),
    );
  }
  return keys.sort();
}

/** Puts bytes at a key below the store's prefix, over what is there: damage and garbage for tests. */
export async function plant(store: ArtifactStore, path: string, bytes: string | Buffer): Promise<void> {
  const key = `${store.prefix}/${path}`;
  await store.client.send(new PutObjectCommand({ Bucket: store.bucket, Key: key, Body: bytes }));
}

/** Removes the object at a key below the store's prefix. */
export async function remove(store: ArtifactStore, path: string): Promise<void> {
  await store.client.send(new DeleteObjectCommand({ Bucket: store.bucket, Key: `${store.prefix}/${path}` }));
}
