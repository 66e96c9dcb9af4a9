import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';

import { checkConditionalWrites } from './check-conditional-writes.js';
import { carelessServer } from './testing/careless-server.js';
import { testStore } from './testing/test-store.js';

describe('the check of conditional writes', () => {
  it('finds the embedded server sound and leaves nothing behind', async () => {
    const store = testStore();
    const checks = await checkConditionalWrites(store);
    expect(checks).toHaveLength(4);
    expect(checks.filter((each) => !each.ok)).toEqual([]);
    const place = { Bucket: store.bucket, Prefix: store.prefix };
    expect((await store.client.send(new ListObjectsV2Command(place))).Contents ?? []).toEqual([]);
    expect((await store.client.send(new ListMultipartUploadsCommand(place))).Uploads ?? []).toEqual([]);
  });

  it('finds every fault of a server that ignores conditions', async () => {
    const checks = await checkConditionalWrites(testStore({ endpoint: await carelessServer() }));
    expect(checks.map((each) => each.ok)).toEqual([false, false, false, false]);
    expect(checks[0]?.detail).toContain('16 of 16 writers were told that they won');
  });

  it('says that the store cannot be reached instead of judging it', async () => {
    const store = testStore({ endpoint: 'http://127.0.0.1:9' });
    await expect(checkConditionalWrites(store)).rejects.toMatchObject({ name: 'StoreUnavailable' });
  });
});
