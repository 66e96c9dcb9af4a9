import { CreateMultipartUploadCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';

import type { ArtifactStore } from './artifact-store.js';
import { claimStage } from './claim-stage.js';
import { publishArtifact } from './publish-artifact.js';
import { publishStage } from './publish-stage.js';
import { putRef } from './refs.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { testDraft } from './testing/test-draft.js';
import { testHolder } from './testing/test-holder.js';
import { testStore } from './testing/test-store.js';
import { unreachableObjects } from './unreachable-objects.js';

const published = 'd1'.repeat(32);
const working = 'd2'.repeat(32);
const unknown = 'd3'.repeat(32);

async function artifact(store: ArtifactStore, bytes: string, inputs: Record<string, string> = {}) {
  const draft = testDraft(temporaryFolder(), { weights: bytes });
  return (await publishArtifact(store, { ...draft, inputs })).manifest_id;
}

const claim = async (store: ArtifactStore, key: string) => {
  const outcome = await claimStage(store, 'merge', key, testHolder('run-a'), () => Promise.resolve(false));
  if (outcome.state !== 'claimed') throw new Error(`the stage is ${outcome.state}`);
  return outcome;
};

const put = (store: ArtifactStore, path: string) =>
  store.client.send(
    new PutObjectCommand({ Bucket: store.bucket, Key: `${store.prefix}/${path}`, Body: 'x'.repeat(10) }),
  );

const listed = async (store: ArtifactStore) => {
  const found: string[] = [];
  for await (const { group, key, size } of unreachableObjects(store)) {
    found.push(`${group} ${String(size)} ${key.slice(store.prefix.length + 1)}`);
  }
  return found;
};

it('lists exactly what neither a published stage nor a name leads to', async () => {
  const store = testStore();
  const input = await artifact(store, 'what the stage read');
  const result = await artifact(store, 'what it made', { base: input });
  await publishStage(store, 'merge', published, await claim(store, published), result);
  await claim(store, working);
  await putRef(store, 'release', 'best', await artifact(store, 'what a name leads to'), undefined);
  await put(store, `checkpoints/${working}/7-1/checkpoint.json`);
  await put(store, 'runs/run-a/report.html');
  expect(await listed(store)).toEqual([]);

  const orphan = await artifact(store, 'what nobody knows');
  await put(store, `checkpoints/${published}/7-1/checkpoint.json`);
  await put(store, `checkpoints/${unknown}/9-2/optimizer.safetensors`);
  const half = { Bucket: store.bucket, Key: `${store.prefix}/cas/sha256/ab/${'ab'.repeat(32)}` };
  const { UploadId } = await store.client.send(new CreateMultipartUploadCommand(half));
  await store.client.send(new UploadPartCommand({ ...half, UploadId, PartNumber: 1, Body: 'part' }));

  const found = await listed(store);
  expect(found[0]).toMatch(new RegExp(`^manifest \\d+ manifests/sha256/${orphan}.json$`));
  expect(found[1]).toMatch(/^blob 17 cas\/sha256\/[0-9a-f]{2}\/[0-9a-f]{64}$/);
  expect(found.slice(2)).toEqual([
    `checkpoint 10 checkpoints/${published}/7-1/checkpoint.json`,
    `checkpoint 10 checkpoints/${unknown}/9-2/optimizer.safetensors`,
    `unfinished_upload 4 cas/sha256/ab/${'ab'.repeat(32)}`,
  ]);
});
