import type { NativeConnection } from '@temporalio/worker';
import { assertListening, unreachable } from './assert-listening.js';
import { connectionSettings } from './connection-settings.js';

/** What `Worker.create` needs to know about the cluster. */
export interface ConnectedWorker {
  readonly connection: NativeConnection;
  readonly address: string;
  readonly namespace: string;
}

/**
 * Connects a worker by profile and TEMPORAL_* variables. The caller closes the connection once its
 * workers have stopped; after a forced stop that throws, and would hide the reason of the stop.
 *
 * @throws TemporalUnreachable naming the address and the remedy
 */
export async function connectWorker(environment: NodeJS.ProcessEnv = process.env): Promise<ConnectedWorker> {
  const { address, namespace, options } = connectionSettings(environment);
  await assertListening(address);
  // The native core takes a third of a second to load, which commands that only read must not pay.
  const { NativeConnection } = await import('@temporalio/worker');
  const connection = await NativeConnection.connect(options).catch((error: unknown) => {
    throw unreachable(address, 'it does not speak Temporal, or refuses the credentials', error);
  });
  return { connection, address, namespace };
}
