import { describe, expect, it } from 'vitest';

import { getRunFile, putRunFile } from './run-files.js';
import { ailingServer } from './testing/ailing-server.js';
import { faultyNetwork } from './testing/faulty-network.js';
import { testServer, testStore } from './testing/test-store.js';

describe('a store that cannot serve', () => {
  it('is named with the operation, the key and the remedy when nothing listens', async () => {
    const store = testStore({ endpoint: 'http://127.0.0.1:9' });
    await expect(getRunFile(store, 'run', 'report.html')).rejects.toMatchObject({
      name: 'StoreUnavailable',
      data: { operation: 'GetObject', key: `${store.prefix}/runs/run/report.html`, code: 'ECONNREFUSED' },
      message: expect.stringMatching(
        /127\.0\.0\.1:9 cannot be reached .*NACRE_S3_ENDPOINT.*nacre dev/,
      ) as string,
    });
  });

  it('is told apart by wrong credentials, and the secret stays out of the message', async () => {
    const { credentials } = testServer();
    const store = testStore({ credentials: { ...credentials, secretAccessKey: 'not-the-secret' } });
    const failure = await putRunFile(store, 'run', 'a.txt', 'a', 'text/plain').catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      name: 'StoreUnavailable',
      message: expect.stringMatching(/does not accept the credentials.*AWS_SECRET_ACCESS_KEY/) as string,
    });
    expect(String(failure)).not.toContain('not-the-secret');
  });

  it('is told apart by a bucket that does not exist', async () => {
    const store = testStore({ bucket: 'no-such-bucket-here' });
    await expect(getRunFile(store, 'run', 'a.txt')).rejects.toThrow(
      /bucket no-such-bucket-here does not exist .*NACRE_S3_BUCKET/,
    );
  });

  it.each([
    ['an answer that passes is asked for again', 503, 2, 3],
    ['an answer that never passes is asked for five times', 500, Infinity, 5],
    ['a refusal is taken at its word', 400, Infinity, 1],
  ])('%s', async (_, status, faults, expected) => {
    const server = await ailingServer(status, faults);
    const store = testStore({ endpoint: server.endpoint });
    const written = putRunFile(store, 'run', 'a.txt', 'a', 'text/plain');
    if (faults === Infinity) {
      await expect(written).rejects.toMatchObject({ name: 'StoreUnavailable', data: { status } });
    } else {
      await written;
    }
    expect(server.requests()).toBe(expected);
  });

  it('is tried again after a broken connection', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    network.refuse(/^PUT/);
    setTimeout(() => network.refuse(undefined), 100);
    await putRunFile(store, 'run', 'a.txt', 'a', 'text/plain');
    expect(network.requests.length).toBeGreaterThan(1);
    expect((await getRunFile(store, 'run', 'a.txt'))?.toString()).toBe('a');
  });

  it('is not waited for once the caller is cancelled', async () => {
    const store = testStore({ endpoint: 'http://127.0.0.1:9' });
    const controller = new AbortController();
    const reason = new Error('cancelled');
    setTimeout(() => controller.abort(reason), 20);
    const started = performance.now();
    await expect(getRunFile(store, 'run', 'a.txt', controller.signal)).rejects.toBe(reason);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
