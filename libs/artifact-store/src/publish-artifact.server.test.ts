import { createHash } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { canonicalJson } from '@nacre/contracts/artifact';
import { describe, expect, it } from 'vitest';

import { publishArtifact } from './publish-artifact.js';
import { readArtifactFile } from './read-artifact-file.js';
import { readManifest } from './read-manifest.js';
import { faultyNetwork } from './testing/faulty-network.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { testDraft } from './testing/test-draft.js';
import { testServer, testStore } from './testing/test-store.js';

const files = { 'adapter/model.safetensors': 'weights', 'report.json': '{}', 'empty.log': '' };

describe('publishing an artifact', () => {
  it('stores the bytes under their digests and a manifest under its own', async () => {
    const store = testStore();
    const { manifest_id, manifest } = await publishArtifact(store, testDraft(temporaryFolder(), files));
    expect(manifest.files).toEqual([
      entry('adapter/model.safetensors', 'weights', 'application/octet-stream'),
      entry('empty.log', '', 'text/plain'),
      entry('report.json', '{}', 'application/json'),
    ]);
    expect(createHash('sha256').update(canonicalJson(manifest)).digest('hex')).toBe(manifest_id);
    expect(await readManifest(store, manifest_id)).toEqual(manifest);
    const listed = await store.client.send(
      new ListObjectsV2Command({ Bucket: store.bucket, Prefix: `${store.prefix}/` }),
    );
    const expected = manifest.files.map(({ sha256 }) => `cas/sha256/${sha256.slice(0, 2)}/${sha256}`);
    expect(new Set(listed.Contents?.map(({ Key }) => Key?.slice(store.prefix.length + 1)))).toEqual(
      new Set([...expected, `manifests/sha256/${manifest_id}.json`]),
    );
  });

  it('reads a small document back by its path', async () => {
    const store = testStore();
    const { manifest_id } = await publishArtifact(store, testDraft(temporaryFolder(), files));
    expect(await readArtifactFile(store, manifest_id, 'report.json')).toEqual(Buffer.from('{}'));
    expect(await readArtifactFile(store, manifest_id, 'empty.log')).toEqual(Buffer.alloc(0));
    await expect(readArtifactFile(store, manifest_id, 'absent.json')).rejects.toMatchObject({
      name: 'ContractViolation',
      message: expect.stringContaining('absent.json') as string,
    });
  });

  it('gives equal bytes of two runs one content id and sends them once', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    const first = await publishArtifact(store, testDraft(temporaryFolder(), files, 'run-a'));
    const sent = network.requests.filter((request) => /^PUT .*\/cas\//.test(request)).length;
    const second = await publishArtifact(store, testDraft(temporaryFolder(), files, 'run-b'));
    expect(second.manifest.content_id).toBe(first.manifest.content_id);
    expect(second.manifest_id).not.toBe(first.manifest_id);
    expect(sent).toBe(3);
    expect(network.requests.filter((request) => /^PUT .*\/cas\//.test(request))).toHaveLength(sent);
  });

  it('gives other bytes another content id', async () => {
    const store = testStore();
    const first = await publishArtifact(store, testDraft(temporaryFolder(), files));
    const second = await publishArtifact(
      store,
      testDraft(temporaryFolder(), { ...files, 'report.json': '[]' }),
    );
    expect(second.manifest.content_id).not.toBe(first.manifest.content_id);
  });

  it('lets two runs publish the same bytes at the same time', async () => {
    const store = testStore();
    const bytes = { 'model.safetensors': Buffer.alloc(3_000_000, 7) };
    const both = await Promise.all([
      publishArtifact(store, testDraft(temporaryFolder(), bytes, 'run-a')),
      publishArtifact(store, testDraft(temporaryFolder(), bytes, 'run-b')),
    ]);
    expect(both[0].manifest.content_id).toBe(both[1].manifest.content_id);
  });

  it('goes on after a connection broke in the middle of a file', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    network.loseAnswerTo(/^PUT .*\/cas\//);
    const draft = testDraft(temporaryFolder(), { 'model.safetensors': Buffer.alloc(3_000_000, 9) });
    const { manifest } = await publishArtifact(store, draft);
    const sha256 = manifest.files[0]?.sha256 ?? '';
    const head = await store.client.send(
      new HeadObjectCommand({
        Bucket: store.bucket,
        Key: `${store.prefix}/cas/sha256/${sha256.slice(0, 2)}/${sha256}`,
      }),
    );
    expect(head.ContentLength).toBe(3_000_000);
  });

  it('names the folder that is empty or absent, and the entry that is no file', async () => {
    const store = testStore();
    const folder = temporaryFolder();
    await expect(publishArtifact(store, testDraft(folder, {}))).rejects.toThrow(`no file in ${folder}`);
    const absent = { ...testDraft(folder, {}), folder: join(folder, 'absent') };
    await expect(publishArtifact(store, absent)).rejects.toMatchObject({ name: 'ContractViolation' });
    symlinkSync('/etc/hostname', join(folder, 'link.txt'));
    await expect(publishArtifact(store, testDraft(folder, { 'a.txt': 'a' }))).rejects.toThrow('link.txt');
  });

  it('publishes no manifest for figures that JSON cannot carry', async () => {
    const store = testStore();
    const draft = { ...testDraft(temporaryFolder(), files), metrics: { log_loss: Number.NaN } };
    await expect(publishArtifact(store, draft)).rejects.toMatchObject({
      name: 'ContractViolation',
      message: expect.stringContaining('metrics.log_loss') as string,
    });
  });
});

function entry(path: string, text: string, mediaType: string): object {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { path, sha256, size: text.length, leaves: text === '' ? [] : [sha256], media_type: mediaType };
}
