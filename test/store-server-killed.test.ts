import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import { fetchArtifact, openStore, publishArtifact, type ArtifactStore } from '@nacre/artifact-store';
import { StoreUnavailable } from '@nacre/contracts/errors';
import { startLocalStack, stopLocalStack } from '@nacre/local-stack';
import { expect, onTestFinished, test } from 'vitest';

import { until } from './support/until.js';

const MEBIBYTE = 1024 * 1024;

/** Numbers of the parts that the server has, of the one upload that is under way. */
async function partsThere({ client, bucket: Bucket, prefix }: ArtifactStore): Promise<number[]> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: prefix }));
  const [upload] = Uploads;
  if (upload === undefined) return [];
  const { Parts = [] } = await client.send(
    new ListPartsCommand({ Bucket, Key: upload.Key, UploadId: upload.UploadId }),
  );
  return Parts.map(({ PartNumber }) => PartNumber ?? 0);
}

test('an S3 server killed in the middle of an upload and started again is sent only the parts that it has not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nacre-store-killed-'));
  const stateFolder = join(folder, 'stack');
  onTestFinished(async () => {
    await stopLocalStack(stateFolder);
    rmSync(folder, { recursive: true, force: true });
  });
  const { s3, pids } = await startLocalStack({ stateFolder });
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = s3;
  const credentials = { accessKeyId, secretAccessKey };
  const store = openStore({ endpoint, region, bucket, credentials, prefix: 'killed' });
  const sent: number[] = [];
  store.client.middlewareStack.add(
    (next) => (call) => {
      if ('PartNumber' in call.input && 'Body' in call.input) sent.push(call.input.PartNumber ?? 0);
      return next(call);
    },
    { step: 'initialize' },
  );
  mkdirSync(join(folder, 'model'));
  const bytes = randomBytes(320 * MEBIBYTE);
  writeFileSync(join(folder, 'model/weights'), bytes);
  const publish = () =>
    publishArtifact(store, {
      kind: 'merge',
      folder: join(folder, 'model'),
      created_by: {
        workflow_id: 'killed',
        run_id: 'killed',
        term: 1,
        git_commit: 'unknown',
        stage: 'merge',
        stage_key: 'ab'.repeat(32),
        stage_version: 1,
      },
      environment: {},
      parameters: {},
      inputs: {},
      metrics: {},
    });

  const interrupted = publish().catch((error: unknown) => error);
  await until('the server has a part of the upload', async () => (await partsThere(store)).length > 0);
  process.kill(-pids.s3, 'SIGKILL');
  expect(await interrupted).toBeInstanceOf(StoreUnavailable);

  await startLocalStack({ stateFolder });
  const landed = await partsThere(store);
  expect(landed.length).toBeGreaterThan(0);
  sent.length = 0;
  const { manifest_id } = await publish();
  expect(sent.sort((left, right) => left - right)).toEqual(
    Array.from({ length: 5 }, (_, index) => index + 1).filter((part) => !landed.includes(part)),
  );
  await fetchArtifact(store, manifest_id, {
    cacheFolder: join(folder, 'cache'),
    folder: join(folder, 'fetched'),
  });
  expect(readFileSync(join(folder, 'fetched/weights')).equals(bytes)).toBe(true);
});
