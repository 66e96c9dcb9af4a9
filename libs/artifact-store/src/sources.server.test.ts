import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';

import type { ArtifactStore } from './artifact-store.js';
import { describeSource } from './describe-source.js';
import { downloadSource } from './download-source.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { testStore } from './testing/test-store.js';
import { uploadSource } from './upload-source.js';

describe('sources', () => {
  it('take a local file into the store, name it by its digest, and bring it back', async () => {
    const store = testStore();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'train.csv'), 'id,prompt\n1,hello\n');
    const uri = await uploadSource(store, join(folder, 'train.csv'));
    expect(uri).toMatch(/^cas:\/\/sha256\/[0-9a-f]{64}$/);
    expect(await uploadSource(store, join(folder, 'train.csv'))).toBe(uri);
    const description = await describeSource(store, uri);
    expect(description).toEqual({ uri, etag: uri.slice(-64), size: 18, version_id: null });
    await downloadSource(store, uri, description, join(folder, 'job', 'train.csv'));
    expect(readFileSync(join(folder, 'job', 'train.csv'), 'utf8')).toBe('id,prompt\n1,hello\n');
  });

  it('read any object that the credentials reach', async () => {
    const store = testStore();
    const uri = await put(store, 'train.csv', 'id\n1\n');
    const description = await describeSource(store, uri);
    expect(description).toMatchObject({ uri, size: 5, etag: expect.stringMatching(/^[^"]+$/) as string });
    const file = join(temporaryFolder(), 'train.csv');
    await downloadSource(store, uri, description, file);
    expect(readFileSync(file, 'utf8')).toBe('id\n1\n');
  });

  it('bring back an empty object as an empty file', async () => {
    const store = testStore();
    const uri = await put(store, 'empty.csv', '');
    const file = join(temporaryFolder(), 'empty.csv');
    await downloadSource(store, uri, await describeSource(store, uri), file);
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('are refused when they changed after they were described, though the size is the same', async () => {
    const store = testStore();
    const uri = await put(store, 'train.csv', 'id\n1\n');
    const description = await describeSource(store, uri);
    await put(store, 'train.csv', 'id\n2\n');
    const file = join(temporaryFolder(), 'train.csv');
    await expect(downloadSource(store, uri, description, file)).rejects.toMatchObject({
      name: 'InvalidData',
      message: expect.stringContaining(`${uri} changed`) as string,
    });
    expect(existsSync(file)).toBe(false);
  });

  it('are refused when the bytes of cas:// are not what the name says', async () => {
    const store = testStore();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'train.csv'), 'id\n1\n');
    const uri = await uploadSource(store, join(folder, 'train.csv'));
    const description = await describeSource(store, uri);
    await put(store, `cas/sha256/${uri.slice(-64, -62)}/${uri.slice(-64)}`, 'id\n2\n');
    const file = join(folder, 'job', 'train.csv');
    await expect(downloadSource(store, uri, description, file)).rejects.toMatchObject({
      name: 'CorruptArtifact',
    });
    expect(existsSync(file)).toBe(false);
  });

  it('that are absent are named', async () => {
    const store = testStore();
    const absent = [
      `s3://${store.bucket}/${store.prefix}/absent.csv`,
      `s3://no-such-bucket-here/train.csv`,
      `cas://sha256/${'ab'.repeat(32)}`,
      'https://example.com/train.csv',
    ];
    for (const uri of absent) {
      await expect(describeSource(store, uri)).rejects.toMatchObject({
        name: 'InvalidData',
        message: expect.stringContaining(uri) as string,
      });
    }
  });

  it('that are no readable local file are named', async () => {
    const store = testStore();
    const folder = temporaryFolder();
    await expect(uploadSource(store, join(folder, 'train.csv'))).rejects.toThrow(
      `${join(folder, 'train.csv')} does not exist`,
    );
    await expect(uploadSource(store, folder)).rejects.toThrow(`${folder} is a folder`);
  });
});

async function put(store: ArtifactStore, path: string, text: string): Promise<string> {
  const key = `${store.prefix}/${path}`;
  await store.client.send(new PutObjectCommand({ Bucket: store.bucket, Key: key, Body: text }));
  return `s3://${store.bucket}/${key}`;
}
