import { CreateMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';

import type { ArtifactStore } from './artifact-store.js';
import { keepCheckpoints } from './keep-checkpoints.js';
import { faultyNetwork } from './testing/faulty-network.js';
import { listedKeys, plant } from './testing/object-listing.js';
import { places, publish, testStageKey as key } from './testing/test-checkpoint.js';
import { testServer, testStore } from './testing/test-store.js';

describe('keeping checkpoints', () => {
  it('leaves the newest whole ones, and halves that may be on their way', async () => {
    const store = testStore();
    for (const [step, term] of [
      [100, 1],
      [200, 1],
      [300, 1],
      [300, 2],
    ] as const)
      await publish(store, step, term);
    await plant(store, `checkpoints/${key}/50-1/adapter.safetensors`, 'half');
    await plant(store, `checkpoints/${key}/400-2/adapter.safetensors`, 'half');
    await keepCheckpoints(store, key, 2);
    expect(await places(store)).toEqual(['300-2', '300-1']);
    expect(await folders(store)).toEqual(['300-1', '300-2', '400-2']);
  });

  it('leaves all when there are fewer, and halves of which no newer whole one is there', async () => {
    const store = testStore();
    await plant(store, `checkpoints/${key}/50-1/adapter.safetensors`, 'half');
    await keepCheckpoints(store, key, 2);
    expect(await folders(store)).toEqual(['50-1']);
    await publish(store, 60, 1);
    await keepCheckpoints(store, key, 2);
    expect(await folders(store)).toEqual(['60-1']);
  });

  it('never leaves one that is listed and has lost a file', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    await publish(store, 100, 1);
    await publish(store, 200, 1);
    network.refuse(/^DELETE .*optimizer/);
    await expect(keepCheckpoints(store, key, 1)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    expect(await places(store)).toEqual(['200-1']);
    expect(await folders(store)).toEqual(['100-1', '200-1']);
  });

  it('removes everything of the stage, uploads in parts too, and nothing of another, when none is kept', async () => {
    const store = testStore();
    await publish(store, 100, 1);
    const other = `checkpoints/${'ee'.repeat(32)}/100-1/adapter.safetensors`;
    await plant(store, other, 'other');
    const upload = new CreateMultipartUploadCommand({
      Bucket: store.bucket,
      Key: `${store.prefix}/checkpoints/${key}/200-1/adapter.safetensors`,
    });
    await store.client.send(upload);
    await keepCheckpoints(store, key, 0);
    expect(await listedKeys(store)).toEqual([other]);
    const left = await store.client.send(
      new ListMultipartUploadsCommand({ Bucket: store.bucket, Prefix: store.prefix }),
    );
    expect(left.Uploads ?? []).toEqual([]);
  });
});

/** Of everything that stands there, sorted by name. */
async function folders(store: ArtifactStore): Promise<string[]> {
  const root = `checkpoints/${key}/`;
  const keys = (await listedKeys(store)).filter((each) => each.startsWith(root));
  return [...new Set(keys.map((each) => each.slice(root.length).split('/')[0] ?? ''))];
}
