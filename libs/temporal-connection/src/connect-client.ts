import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { assertListening } from './assert-listening.js';
import { connectionSettings } from './connection-settings.js';
import { dataConverter } from './data-converter.js';
import { unreachable } from './unreachable.js';

const CONNECT_TIMEOUT = '4s';
const GRPC_NOT_FOUND = 5;

/** A client of one namespace, and the connection under it. */
export interface ConnectedClient {
  readonly client: Client;
  readonly connection: Connection;
  readonly address: string;
  readonly namespace: string;
  close(): Promise<void>;
}

/**
 * Connects a client by profile and TEMPORAL_* variables, and makes sure that the namespace exists.
 *
 * @throws TemporalUnreachable naming the address and the remedy, within 8 s; at once where nobody listens
 */
export async function connectClient(environment: NodeJS.ProcessEnv = process.env): Promise<ConnectedClient> {
  const { address, namespace, options } = connectionSettings(environment);
  await assertListening(address);
  const { tls, apiKey, metadata } = options;
  const connection = await Connection.connect({
    address,
    connectTimeout: CONNECT_TIMEOUT,
    ...(tls ? { tls } : {}),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(metadata === undefined ? {} : { metadata }),
  }).catch((error: unknown) => {
    throw unreachable(address, 'it does not speak Temporal, or refuses the credentials', error);
  });
  await assertNamespace(connection, address, namespace);
  return {
    client: new Client({ connection, namespace, dataConverter }),
    connection,
    address,
    namespace,
    close: () => connection.close(),
  };
}

async function assertNamespace(connection: Connection, address: string, namespace: string): Promise<void> {
  try {
    await connection.withDeadline(Date.now() + 4000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch (error) {
    // Some clusters let a key start workflows but not describe the namespace: that is no reason to stop.
    const code: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
    if (code !== GRPC_NOT_FOUND) return;
    await connection.close();
    throw unreachable(address, `it has no namespace ${namespace} (see TEMPORAL_NAMESPACE)`, error);
  }
}
