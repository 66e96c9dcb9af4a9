import { createServer, type Server } from 'node:net';
import { randomUUID } from 'node:crypto';
import { ContractViolation, TemporalUnreachable } from '@nacre/contracts/errors';
import type { SearchAttributePair } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClient, type ConnectedClient } from './connect-client.js';
import { connectWorker } from './connect-worker.js';
import { MAXIMUM_MESSAGE_BYTES } from './data-converter.js';
import { pollersOf } from './pollers-of.js';
import { nacreSearchAttributes, registeredSearchAttributes, withoutUnknown } from './search-attributes.js';
import { workerOptions } from './worker-options.js';

const environment = {
  TEMPORAL_CONFIG_FILE: '/absent.toml',
  TEMPORAL_ADDRESS: process.env['NACRE_TEST_TEMPORAL_ADDRESS'],
  TEMPORAL_NAMESPACE: process.env['NACRE_TEST_TEMPORAL_NAMESPACE'],
};

let connected: ConnectedClient;
beforeAll(async () => {
  const { DefaultLogger, Runtime } = await import('@temporalio/worker');
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  connected = await connectClient(environment);
});
afterAll(() => connected.close());

function listenOnAnyPort(): Promise<{ server: Server; address: string }> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      resolve({ server, address: `127.0.0.1:${port}` });
    });
  });
}

describe('connecting', () => {
  it('reaches the server that TEMPORAL_ADDRESS names', async () => {
    expect(connected).toMatchObject({ address: environment.TEMPORAL_ADDRESS, namespace: 'default' });
    await expect(connected.client.workflow.count()).resolves.toBeDefined();
  });

  it.each([
    ['client', connectClient],
    ['worker', connectWorker],
  ])('says at once, to a %s, that nobody listens, and what to do', async (_, connect) => {
    const { server, address } = await listenOnAnyPort();
    await new Promise((resolve) => server.close(resolve));
    const began = performance.now();
    const attempt = connect({ ...environment, TEMPORAL_ADDRESS: address });
    await expect(attempt).rejects.toThrow(TemporalUnreachable);
    await expect(attempt).rejects.toThrow(
      `No Temporal server can be used at ${address}: nobody listens there. Start the embedded one with`,
    );
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it.each([
    ['client', connectClient],
    ['worker', connectWorker],
  ])('tells a %s within seconds that a listener is no Temporal', async (_, connect) => {
    const { server, address } = await listenOnAnyPort();
    const began = performance.now();
    const attempt = connect({ ...environment, TEMPORAL_ADDRESS: address });
    await expect(attempt).rejects.toThrow(/does not speak Temporal/);
    expect(performance.now() - began).toBeLessThan(8000);
    server.close();
  });

  it('says that a host name is unknown', async () => {
    const attempt = connectClient({ ...environment, TEMPORAL_ADDRESS: 'nowhere.invalid:7233' });
    await expect(attempt).rejects.toThrow(/its name cannot be resolved/);
  });

  it('says that the namespace is not there', async () => {
    const attempt = connectClient({ ...environment, TEMPORAL_NAMESPACE: 'absent' });
    await expect(attempt).rejects.toThrow(/it has no namespace absent \(see TEMPORAL_NAMESPACE\)/);
  });
});

describe('search attributes', () => {
  const pairs: SearchAttributePair[] = [
    { key: nacreSearchAttributes.NacreRecipe, value: 'demo' },
    { key: nacreSearchAttributes.NacreLogLoss, value: 0.98 },
  ];

  it('are all known to the embedded namespace, and a run can be started with them', async () => {
    const warnings: string[] = [];
    const { connection, namespace, client } = connected;
    const typedSearchAttributes = await withoutUnknown(connection, namespace, pairs, (sentence) =>
      warnings.push(sentence),
    );
    expect(warnings).toEqual([]);
    const options = { taskQueue: 'nobody', workflowId: randomUUID(), typedSearchAttributes };
    const handle = await client.workflow.start('any', options);
    const { typedSearchAttributes: stored } = await handle.describe();
    expect(stored.get(nacreSearchAttributes.NacreLogLoss)).toBe(0.98);
    await handle.terminate();
  });

  it('are left out, with the command that registers them, where the namespace lacks them', async () => {
    const { connection } = connected;
    const namespace = `bare-${randomUUID().slice(0, 8)}`;
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    await connection.operatorService.addSearchAttributes({
      namespace,
      // A Keyword where Nacre wants a Double.
      searchAttributes: Object.fromEntries(['NacreRecipe', 'NacreLogLoss'].map((name) => [name, 2])),
    });
    await expect
      .poll(() => registeredSearchAttributes(connection, namespace), { timeout: 15_000 })
      .toEqual(new Set(['NacreRecipe']));
    const warnings: string[] = [];
    const kept = await withoutUnknown(connection, namespace, pairs, (sentence) => warnings.push(sentence));
    expect(kept.getAll().map(({ key }) => key.name)).toEqual(['NacreRecipe']);
    expect(warnings).toEqual([expect.stringContaining('--name NacreLogLoss --type Double')]);
  });
});

describe('pollers of a task queue', () => {
  it('are none for a queue that nobody polls', async () => {
    const { connection, namespace } = connected;
    await expect(pollersOf(connection, namespace, randomUUID())).resolves.toEqual({
      workflow: 0,
      activity: 0,
    });
  });

  it('are counted by what they poll for', async () => {
    const taskQueue = randomUUID();
    const { connection, namespace } = await connectWorker(environment);
    const { Worker } = await import('@temporalio/worker');
    const options = workerOptions({ taskQueue, graceSeconds: 0, stopSeconds: 5 }, environment);
    const idle = { idle: () => Promise.resolve() };
    const worker = await Worker.create({ ...options, connection, namespace, activities: idle });
    await worker.runUntil(async () => {
      await expect
        .poll(() => pollersOf(connected.connection, namespace, taskQueue), { timeout: 15_000 })
        .toEqual({ workflow: 0, activity: 1 });
    });
    await connection.close();
  });
});

describe('a message that is too large', () => {
  const large = 'x'.repeat(MAXIMUM_MESSAGE_BYTES);

  it('is refused before a run is started with it', async () => {
    const start = connected.client.workflow.start('any', {
      taskQueue: 'nobody',
      workflowId: randomUUID(),
      args: [{ large }],
    });
    await expect(start).rejects.toThrow(ContractViolation);
    await expect(start).rejects.toThrow(/Large data belongs in the artifact store/);
  });

  it('fails the activity that returns it, and the worker lives on', async () => {
    const taskQueue = randomUUID();
    const { connection, namespace } = await connectWorker(environment);
    const { Worker } = await import('@temporalio/worker');
    const options = workerOptions({ taskQueue, graceSeconds: 0, stopSeconds: 5 }, environment);
    const activities = { tooLarge: () => Promise.resolve(large), small: () => Promise.resolve('small') };
    const worker = await Worker.create({ ...options, connection, namespace, activities });
    const run = (type: string): Promise<unknown> =>
      connected.client.activity.execute(type, {
        id: randomUUID(),
        taskQueue,
        startToCloseTimeout: '10s',
        retry: { maximumAttempts: 1 },
      });
    await worker.runUntil(async () => {
      await expect(run('tooLarge')).rejects.toMatchObject({ cause: { type: 'ContractViolation' } });
      await expect(run('small')).resolves.toBe('small');
    });
    await connection.close();
  });
});
