import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { fetchArtifact } from './fetch-artifact.js';
import { publishArtifact } from './publish-artifact.js';
import { faultyNetwork, type FaultyNetwork } from './testing/faulty-network.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { testDraft } from './testing/test-draft.js';
import { testServer, testStore } from './testing/test-store.js';

const weights = createCipheriv('aes-128-ctr', Buffer.alloc(16, 2), Buffer.alloc(16)).update(
  Buffer.alloc(4_000_000),
);

describe('a store under fire', () => {
  it.each<[string, (network: FaultyNetwork) => void]>([
    [
      '503 on every kind of request',
      (network) => {
        for (const method of ['HEAD', 'PUT', 'GET']) network.answer(new RegExp(`^${method}`), 503, 2);
      },
    ],
    [
      '429 and 500',
      (network) => {
        network.answer(/^PUT/, 429, 1);
        network.answer(/^GET/, 500, 1);
      },
    ],
    [
      'answers that are lost',
      (network) => {
        network.loseAnswerTo(/^PUT .*\/cas\//);
        network.loseAnswerTo(/^PUT .*\/manifests\//);
        network.loseAnswerTo(/^GET .*\/cas\//);
      },
    ],
    ['a conflict of conditional writes', (network) => network.answer(/^PUT .*\/manifests\//, 409, 1)],
  ])('publishes and fetches all the same: %s', async (_, fault) => {
    const { network, store } = await underFire();
    fault(network);
    const { manifest_id } = await publishArtifact(store, testDraft(temporaryFolder(), { weights }));
    // Comparing them element by element takes seconds.
    expect(weights.equals(await fetched(store, manifest_id))).toBe(true);
  });

  it.each([
    ['trickles', 5],
    ['stalls', 60_000],
  ])('gives a body up that %s, and asks only for what is missing', async (_, pause) => {
    const { network, store } = await underFire(400);
    const { manifest_id } = await publishArtifact(store, testDraft(temporaryFolder(), { weights }));
    network.trickle(/^GET .*\/cas\//, 3_000_000, pause);
    const before = network.received();
    expect(weights.equals(await fetched(store, manifest_id))).toBe(true);
    expect(network.requests.filter((request) => /^GET .*\/cas\//.test(request))).toHaveLength(2);
    expect(network.received() - before).toBeLessThan(4_500_000);
  });
});

async function underFire(patience = 60_000) {
  const network = await faultyNetwork(testServer().endpoint);
  return { network, store: testStore({ endpoint: network.endpoint, patience }) };
}

async function fetched(store: ReturnType<typeof testStore>, manifestId: string): Promise<Buffer> {
  const folder = temporaryFolder();
  await fetchArtifact(store, manifestId, { cacheFolder: join(folder, 'cache'), folder: join(folder, 'job') });
  return readFileSync(join(folder, 'job', 'weights'));
}
