import { describe, expect, it } from 'vitest';

import { getRef, putRef } from './refs.js';
import { getRunFile, listRunFiles, putRunFile } from './run-files.js';
import { faultyNetwork } from './testing/faulty-network.js';
import { testServer, testStore } from './testing/test-store.js';

const first = 'a1'.repeat(32);
const second = 'b2'.repeat(32);

describe('a ref', () => {
  it('moves only from the manifest it was seen at', async () => {
    const store = testStore();
    expect(await getRef(store, 'releases', 'arena')).toBeUndefined();
    const created = await putRef(store, 'releases', 'arena', first, undefined);
    expect(created?.manifest_id).toBe(first);
    expect(await putRef(store, 'releases', 'arena', second, undefined)).toBeUndefined();
    const moved = await putRef(store, 'releases', 'arena', second, created);
    expect(await getRef(store, 'releases', 'arena')).toEqual(moved);
    expect(await putRef(store, 'releases', 'arena', first, created)).toBeUndefined();
  });

  it('counts as moved when only the answer was lost', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    network.loseAnswerTo(/^PUT .*\/refs\//);
    expect(await putRef(store, 'releases', 'arena', first, undefined)).toMatchObject({ manifest_id: first });
  });
});

describe('the readable files of a run', () => {
  it('are written over, listed by path and read back', async () => {
    const store = testStore();
    await putRunFile(store, 'arena-1', 'report.html', '<html>', 'text/html');
    await putRunFile(store, 'arena-1', 'report.html', '<html></html>', 'text/html');
    const key = await putRunFile(store, 'arena-1', 'logs/teacher.log', Buffer.from('step 1'), 'text/plain');
    await putRunFile(store, 'arena-12', 'other.txt', 'another run', 'text/plain');
    expect(key).toBe(`${store.prefix}/runs/arena-1/logs/teacher.log`);
    expect((await listRunFiles(store, 'arena-1')).map(({ path, size }) => ({ path, size }))).toEqual([
      { path: 'logs/teacher.log', size: 6 },
      { path: 'report.html', size: 13 },
    ]);
    expect((await getRunFile(store, 'arena-1', 'report.html'))?.toString()).toBe('<html></html>');
  });

  it('of an unknown run are none', async () => {
    const store = testStore();
    expect(await listRunFiles(store, 'unknown')).toEqual([]);
    expect(await getRunFile(store, 'unknown', 'report.html')).toBeUndefined();
  });
});
