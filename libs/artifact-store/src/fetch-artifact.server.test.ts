import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';

import type { ArtifactStore } from './artifact-store.js';
import { fetchArtifact } from './fetch-artifact.js';
import { publishArtifact } from './publish-artifact.js';
import { readArtifactFile } from './read-artifact-file.js';
import { readManifest } from './read-manifest.js';
import { faultyNetwork } from './testing/faulty-network.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { testDraft } from './testing/test-draft.js';
import { testServer, testStore } from './testing/test-store.js';

const weights = Buffer.alloc(5_000_000, 'nacre');
const files = { 'adapter/model.safetensors': weights, 'report.json': '{}', 'empty.log': '' };

describe('fetching an artifact', () => {
  it('lays the files out as read-only links into the cache', async () => {
    const { store, manifestId, cacheFolder, folder } = await published();
    const manifest = await fetchArtifact(store, manifestId, { cacheFolder, folder });
    expect(readFileSync(join(folder, 'adapter/model.safetensors')).equals(weights)).toBe(true);
    expect(readFileSync(join(folder, 'empty.log'), 'utf8')).toBe('');
    const blob = statSync(blobFile(cacheFolder, manifest.files[0]?.sha256 ?? ''));
    const file = statSync(join(folder, 'adapter/model.safetensors'));
    expect(file.ino).toBe(blob.ino);
    expect(file.mode & 0o777).toBe(0o444);
  });

  it('reads bytes from the store once for any number of folders', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const { store, manifestId, cacheFolder, folder } = await published(network.endpoint);
    await fetchArtifact(store, manifestId, { cacheFolder, folder });
    const before = network.requests.length;
    await fetchArtifact(store, manifestId, { cacheFolder, folder: `${folder}-2` });
    expect(network.requests.slice(before)).toEqual([expect.stringContaining('/manifests/')]);
    expect(readFileSync(join(`${folder}-2`, 'report.json'), 'utf8')).toBe('{}');
  });

  it('copies files that somebody wants to write in, and the cache keeps its own', async () => {
    const { store, manifestId, cacheFolder, folder } = await published();
    await fetchArtifact(store, manifestId, { cacheFolder, folder, as: 'copy' });
    writeFileSync(join(folder, 'report.json'), 'changed');
    await fetchArtifact(store, manifestId, { cacheFolder, folder: `${folder}-2` });
    expect(readFileSync(join(`${folder}-2`, 'report.json'), 'utf8')).toBe('{}');
  });

  it('refuses a flipped byte after a second read, naming key, leaf and what makes it anew', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const { store, manifestId, cacheFolder, folder } = await published(network.endpoint);
    const flipped = Buffer.from(weights);
    flipped[3_000_000] = 0;
    const key = await overwrite(store, manifestId, 'adapter/model.safetensors', flipped);
    await expect(fetchArtifact(store, manifestId, { cacheFolder, folder })).rejects.toMatchObject({
      name: 'CorruptArtifact',
      data: { key, leaf: 0 },
      message: expect.stringMatching(
        /Leaf 0 of 1 .*has the digest .*stages\/merge\/.*makes merge anew/,
      ) as string,
    });
    expect(
      network.requests.filter((request) => request === `GET /${store.bucket}/${key}?x-id=GetObject`),
    ).toHaveLength(2);
    expect(existsSync(folder)).toBe(false);
    expect(filesBelow(cacheFolder).filter((name) => name.includes(key.slice(-64)))).toEqual([]);
  });

  it('refuses a short body and a missing blob', async () => {
    const { store, manifestId, cacheFolder, folder } = await published();
    const key = await overwrite(
      store,
      manifestId,
      'adapter/model.safetensors',
      weights.subarray(0, 4_999_999),
    );
    await expect(fetchArtifact(store, manifestId, { cacheFolder, folder })).rejects.toMatchObject({
      name: 'CorruptArtifact',
      message: expect.stringContaining('ends after 4999999 of 5000000 bytes') as string,
    });
    await store.client.send(new DeleteObjectCommand({ Bucket: store.bucket, Key: key }));
    await expect(fetchArtifact(store, manifestId, { cacheFolder, folder })).rejects.toThrow('is not there');
    expect(existsSync(folder)).toBe(false);
  });

  it('does not read past the leaf of a blob that is too long', async () => {
    const { store, manifestId, cacheFolder, folder } = await published();
    await overwrite(store, manifestId, 'adapter/model.safetensors', Buffer.concat([weights, weights]));
    await fetchArtifact(store, manifestId, { cacheFolder, folder });
    expect(readFileSync(join(folder, 'adapter/model.safetensors')).equals(weights)).toBe(true);
  });

  it('checks documents read by path and the manifest itself', async () => {
    const { store, manifestId } = await published();
    await overwrite(store, manifestId, 'report.json', Buffer.from('[]'));
    await expect(readArtifactFile(store, manifestId, 'report.json')).rejects.toMatchObject({
      name: 'CorruptArtifact',
    });
    const key = `${store.prefix}/manifests/sha256/${manifestId}.json`;
    await store.client.send(new PutObjectCommand({ Bucket: store.bucket, Key: key, Body: '{}' }));
    await expect(readManifest(store, manifestId)).rejects.toMatchObject({
      name: 'CorruptArtifact',
      data: { key },
    });
    await expect(readManifest(store, 'ee'.repeat(32))).rejects.toThrow('is missing');
  });

  it('leaves nothing visible when it is aborted midway, and ends with the given reason', async () => {
    const { store, manifestId, cacheFolder, folder } = await published();
    const controller = new AbortController();
    const reason = new Error('the activity was cancelled');
    const fetching = fetchArtifact(store, manifestId, { cacheFolder, folder, signal: controller.signal });
    await expect
      .poll(() => filesBelow(cacheFolder).some((name) => name.endsWith('.part')), { interval: 1 })
      .toBe(true);
    controller.abort(reason);
    await expect(fetching).rejects.toBe(reason);
    expect(filesBelow(cacheFolder).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  it('may run several times at once, in this and in another process', async () => {
    const { store, manifestId, cacheFolder, folder } = await published();
    const child = promisify(execFile)(process.execPath, [
      ...['--import', 'tsx', '--conditions=@nacre/source'],
      fileURLToPath(new URL('testing/fetch-in-child.ts', import.meta.url)),
      ...[store.prefix, manifestId, cacheFolder, `${folder}-child`],
    ]);
    const folders = Array.from({ length: 6 }, (_, index) => `${folder}-${index}`);
    await Promise.all([
      child,
      ...folders.map((each) => fetchArtifact(store, manifestId, { cacheFolder, folder: each })),
    ]);
    for (const each of [`${folder}-child`, ...folders]) {
      expect(readFileSync(join(each, 'adapter/model.safetensors')).equals(weights)).toBe(true);
    }
    expect(filesBelow(cacheFolder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

async function published(endpoint = testServer().endpoint) {
  const store = testStore({ endpoint });
  const { manifest_id } = await publishArtifact(store, testDraft(temporaryFolder(), files));
  const folder = temporaryFolder();
  return { store, manifestId: manifest_id, cacheFolder: join(folder, 'cache'), folder: join(folder, 'job') };
}

/** Puts other bytes under the digest of one of the artifact's files; answers the key. */
async function overwrite(
  store: ArtifactStore,
  manifestId: string,
  path: string,
  bytes: Buffer,
): Promise<string> {
  const manifest = await readManifest(store, manifestId);
  const sha256 = manifest.files.find((file) => file.path === path)?.sha256 ?? '';
  const key = `${store.prefix}/cas/sha256/${sha256.slice(0, 2)}/${sha256}`;
  await store.client.send(new PutObjectCommand({ Bucket: store.bucket, Key: key, Body: bytes }));
  return key;
}

function blobFile(cacheFolder: string, sha256: string): string {
  return join(cacheFolder, 'sha256', sha256.slice(0, 2), sha256);
}

function filesBelow(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
}
