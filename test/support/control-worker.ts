import { controlActivities, installation } from '@nacre/activities';
import { CONTROL_QUEUE } from '@nacre/contracts/queues';
import { connectClient, connectWorker, workerOptions } from '@nacre/temporal-connection';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';

import type { Workplace } from './workplace.js';

/**
 * A worker of the control queue in this process, with the real activities and the workflow code of any build.
 * Answers what stops it in order.
 */
export async function controlWorker(place: Workplace, bundle: string): Promise<() => Promise<void>> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const [client, { connection, address, namespace }] = await Promise.all([
    connectClient(place.environment),
    connectWorker(place.environment),
  ]);
  const worker = await Worker.create({
    connection,
    namespace,
    ...workerOptions({ taskQueue: CONTROL_QUEUE, graceSeconds: 5, stopSeconds: 10 }, {}),
    workflowBundle: { codePath: bundle },
    activities: {
      ...controlActivities({
        store: place.store,
        client: client.client,
        address,
        namespace,
        worker: 'control',
        installation: installation(place.environment, 'unknown'),
        tasks: () => Promise.reject(new Error('a control worker carries no stage out')),
        devices: null,
        onDeviceFault: () => undefined,
      }),
    },
  });
  const ended = worker.run();
  return async () => {
    worker.shutdown();
    await ended;
    await connection.close();
    await client.close();
  };
}
