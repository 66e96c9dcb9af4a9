import type { NativeConnection } from '@temporalio/worker';
import { connectClient } from './connect-client.js';
import { connectionSettings } from './connection-settings.js';
import { unreachable } from './unreachable.js';

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
 * @throws TemporalUnreachable as `connectClient` does
 */
export async function connectWorker(environment: NodeJS.ProcessEnv = process.env): Promise<ConnectedWorker> {
  // The native connection tries for half a minute and then says little: a client finds out first.
  const client = await connectClient(environment);
  await client.close();
  const { address, namespace, options } = connectionSettings(environment);
  // The native core takes a third of a second to load, which commands that only read must not pay.
  const { NativeConnection } = await import('@temporalio/worker');
  const connection = await NativeConnection.connect(options).catch((error: unknown) => {
    throw unreachable(address, error instanceof Error ? error.message : String(error), error);
  });
  return { connection, address, namespace };
}
