import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKPOINT_FILE, LEAF_SIZE } from '@nacre/contracts/artifact';
import { describe, expect, it } from 'vitest';

import { listCheckpoints } from './list-checkpoints.js';
import { publishCheckpoint } from './publish-checkpoint.js';
import { faultyNetwork } from './testing/faulty-network.js';
import { plant, remove } from './testing/object-listing.js';
import {
  fetchNewest,
  places,
  publish,
  testCheckpoint,
  testCheckpointFiles as files,
  testStageKey as key,
} from './testing/test-checkpoint.js';
import { testServer, testStore } from './testing/test-store.js';

describe('a checkpoint in the store', () => {
  it('comes back as it was written', async () => {
    const store = testStore();
    const { key_prefix, bytes } = await publish(store, 300, 2);
    expect(key_prefix).toBe(`${store.prefix}/checkpoints/${key}/300-2/`);
    expect(await listCheckpoints(store, key)).toEqual([{ step: 300, term: 2, key_prefix, bytes }]);
    const folder = await fetchNewest(store);
    expect(readFileSync(join(folder, 'adapter.safetensors')).equals(files['adapter.safetensors'])).toBe(true);
    expect(readFileSync(join(folder, 'state/optimizer.safetensors'), 'utf8')).toBe('moments');
    expect(JSON.parse(readFileSync(join(folder, CHECKPOINT_FILE), 'utf8'))).toMatchObject({ step: 300 });
  });

  it('is found by the highest step, as a number, then by the highest term', async () => {
    const store = testStore();
    for (const [step, term] of [
      [200, 1],
      [1000, 2],
      [1000, 10],
      [900, 11],
    ] as const)
      await publish(store, step, term);
    expect(await places(store)).toEqual(['1000-10', '1000-2', '900-11', '200-1']);
    expect(await listCheckpoints(store, 'ee'.repeat(32))).toEqual([]);
  });

  it('is not listed before its last file is there, nor when it lost that', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    await publish(store, 100, 1);
    network.refuse(/^PUT .*200-1\/checkpoint\.json/);
    await expect(publish(store, 200, 1)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    expect(await places(store)).toEqual(['100-1']);
    network.refuse(undefined);
    await publish(store, 200, 1);
    expect(await places(store)).toEqual(['200-1', '100-1']);
    await remove(store, `checkpoints/${key}/200-1/${CHECKPOINT_FILE}`);
    expect(await places(store)).toEqual(['100-1']);
  });

  it('replaces a spoilt one of the same step and term, which is not listed meanwhile', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    await publish(store, 100, 1);
    await plant(store, `checkpoints/${key}/100-1/adapter.safetensors`, 'spoilt');
    network.refuse(/^PUT .*optimizer/);
    await expect(publish(store, 100, 1)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    expect(await places(store)).toEqual([]);
    network.refuse(undefined);
    await publish(store, 100, 1);
    await fetchNewest(store);
  });

  it('of two terms may be uploaded at once, also by a holder that was stopped and comes late', async () => {
    const store = testStore();
    await publish(store, 100, 1);
    await Promise.all([
      publish(store, 200, 1, { 'adapter.safetensors': 'of term 1' }),
      publish(store, 200, 2),
    ]);
    await publish(store, 150, 1, { 'adapter.safetensors': 'late' });
    expect(await places(store)).toEqual(['200-2', '200-1', '150-1', '100-1']);
    const folder = await fetchNewest(store);
    expect(readFileSync(join(folder, 'adapter.safetensors')).equals(files['adapter.safetensors'])).toBe(true);
  });

  it('of several parts goes on after an interruption without sending a finished part again', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    const large = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(
      Buffer.alloc(LEAF_SIZE + 5),
    );
    const folder = testCheckpoint(400, { 'optimizer.safetensors': large });
    const parts = (): string[] =>
      network.requests.flatMap((request) => /partNumber=\d/.exec(request)?.[0] ?? []);
    network.refuse(/partNumber=2/);
    await expect(publishCheckpoint(store, key, { folder, step: 400, term: 1 })).rejects.toMatchObject({
      name: 'StoreUnavailable',
    });
    network.refuse(undefined);
    const before = parts().length;
    await publishCheckpoint(store, key, { folder, step: 400, term: 1 });
    expect(parts().slice(before)).toEqual(['partNumber=2']);
    const fetched = await fetchNewest(store);
    expect(readFileSync(join(fetched, 'optimizer.safetensors')).equals(large)).toBe(true);
  });
});
