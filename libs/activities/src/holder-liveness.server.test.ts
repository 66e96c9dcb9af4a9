import { randomUUID } from 'node:crypto';

import type { Holder, StageRegister } from '@nacre/contracts/artifact';
import { connectClient, type ConnectedClient } from '@nacre/temporal-connection';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { isHolderLive, type Asker } from './holder-liveness.js';

let connected: ConnectedClient;
let asker: Asker;
beforeAll(async () => {
  connected = await connectClient({
    TEMPORAL_CONFIG_FILE: '/absent.toml',
    TEMPORAL_ADDRESS: process.env['NACRE_TEST_TEMPORAL_ADDRESS'],
    TEMPORAL_NAMESPACE: process.env['NACRE_TEST_TEMPORAL_NAMESPACE'],
  });
  const { address, namespace } = connected;
  asker = { address, namespace, workflow_id: 'asker', run_id: randomUUID() };
});
afterAll(() => connected.close());

/** A claim, made now unless told otherwise. */
function claim(changes: Partial<Holder>, age = 0): [Holder, StageRegister] {
  const holder: Holder = {
    ...asker,
    activity_id: '1',
    attempt: 1,
    worker: 'w',
    nonce: randomUUID(),
    ...changes,
  };
  const claimed_at = new Date(Date.now() - age).toISOString();
  return [
    holder,
    { nacre_register: 1, term: 1, state: 'claimed', holder, claimed_at, attempts_without_progress: 0 },
  ];
}

/** Starts a run that nobody works on. */
async function start() {
  const handle = await connected.client.workflow.start('nothing', {
    taskQueue: 'nobody',
    workflowId: randomUUID(),
  });
  const { runId } = await handle.describe();
  return { handle, holder: { workflow_id: handle.workflowId, run_id: runId } };
}

test('a run that Temporal knows as running holds its claim; once it is closed it does not', async () => {
  const { handle, holder } = await start();
  await expect(isHolderLive(connected.client, asker, ...claim(holder))).resolves.toBe(true);
  await handle.terminate();
  await expect(isHolderLive(connected.client, asker, ...claim(holder))).resolves.toBe(false);
});

test('an earlier execution of the same workflow id does not hold what a later one asks for', async () => {
  const { handle, holder } = await start();
  await handle.terminate();
  await connected.client.workflow.start('nothing', { taskQueue: 'nobody', workflowId: handle.workflowId });
  await expect(isHolderLive(connected.client, asker, ...claim(holder))).resolves.toBe(false);
  await connected.client.workflow.getHandle(handle.workflowId).terminate();
});

test('my own run and a run that Temporal has forgotten hold nothing', async () => {
  await expect(isHolderLive(connected.client, asker, ...claim({}))).resolves.toBe(false);
  const forgotten = { workflow_id: 'forgotten', run_id: randomUUID() };
  await expect(isHolderLive(connected.client, asker, ...claim(forgotten))).resolves.toBe(false);
});

test.each([{ address: 'elsewhere:7233' }, { namespace: 'elsewhere' }])(
  'a holder that cannot be asked (%o) holds its claim for a quarter of an hour after it last renewed it',
  async (elsewhere) => {
    await expect(isHolderLive(connected.client, asker, ...claim(elsewhere))).resolves.toBe(true);
    await expect(isHolderLive(connected.client, asker, ...claim(elsewhere, 16 * 60_000))).resolves.toBe(
      false,
    );
    const [holder, old] = claim(elsewhere, 16 * 60_000);
    const renewed = { ...old, renewed_at: new Date(Date.now() - 60_000).toISOString() };
    await expect(isHolderLive(connected.client, asker, holder, renewed)).resolves.toBe(true);
  },
);
