import { createCipheriv } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { LEAF_SIZE } from '@nacre/contracts/artifact';
import { describe, expect, it } from 'vitest';

import { fetchArtifact } from './fetch-artifact.js';
import { hashFile } from './hash-file.js';
import type { LocalBlob } from './local-blob.js';
import { multipartUpload } from './multipart-upload.js';
import { objectKeys } from './object-keys.js';
import { publishArtifact } from './publish-artifact.js';
import { faultyNetwork } from './testing/faulty-network.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { testDraft } from './testing/test-draft.js';
import { testServer, testStore } from './testing/test-store.js';
import { uploadBlob } from './upload-blob.js';

const SIZE = 150 * 1024 * 1024;

describe('a file of several leaves', () => {
  it('is uploaded by leaf, goes on after an interruption without sending a finished part again, and comes back', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    const folder = temporaryFolder();
    const draft = testDraft(folder, { 'model.safetensors': noise(SIZE) });
    const parts = (): string[] =>
      network.requests.flatMap((request) => /partNumber=\d/.exec(request)?.[0] ?? []);

    network.refuse(/partNumber=2/);
    await expect(publishArtifact(store, draft)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    expect(new Set(parts())).toEqual(new Set(['partNumber=1', 'partNumber=2', 'partNumber=3']));

    network.refuse(undefined);
    const before = parts().length;
    const { manifest_id, manifest } = await publishArtifact(store, draft);
    expect(parts().slice(before)).toEqual(['partNumber=2']);
    expect(manifest.files[0]?.leaves).toHaveLength(3);

    const copy = temporaryFolder();
    await fetchArtifact(store, manifest_id, { cacheFolder: join(copy, 'cache'), folder: join(copy, 'job') });
    const arrived = readFileSync(join(copy, 'job', 'model.safetensors'));
    expect(arrived.equals(readFileSync(join(folder, 'model.safetensors')))).toBe(true);
  });

  it('replaces a part that has other bytes, survives a lost answer, and gives way to the finished object', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    const folder = temporaryFolder();
    const bytes = noise(LEAF_SIZE + 1);
    const right = await blobOf(join(folder, 'right'), bytes);
    const wrong = await blobOf(join(folder, 'wrong'), bytes.fill('?', LEAF_SIZE));
    const leaves = wrong.digests.leaves;

    network.refuse(/^POST .*uploadId=/);
    const spoilt = { ...wrong, digests: { ...right.digests, leaves } };
    await expect(uploadBlob(store, spoilt, undefined)).rejects.toMatchObject({ name: 'StoreUnavailable' });

    network.refuse(undefined);
    network.loseAnswerTo(/^POST .*uploadId=/);
    const before = network.requests.length;
    await uploadBlob(store, right, undefined);
    const sent = network.requests
      .slice(before)
      .flatMap((request) => /partNumber=\d/.exec(request)?.[0] ?? []);
    expect(sent).toEqual(['partNumber=2']);

    expect(
      await multipartUpload(store, objectKeys.blob(store, right.digests.sha256), right, 'absent', undefined),
    ).toBe(false);
    const left = await store.client.send(
      new ListMultipartUploadsCommand({ Bucket: store.bucket, Prefix: store.prefix }),
    );
    expect(left.Uploads ?? []).toEqual([]);
  });
});

async function blobOf(file: string, bytes: Buffer): Promise<LocalBlob> {
  writeFileSync(file, bytes);
  return { file, digests: await hashFile(file, undefined), mediaType: 'application/octet-stream' };
}

/** Bytes that no compression and no zero-block trick can shorten; the same at each call. */
function noise(size: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(Buffer.alloc(size));
}
