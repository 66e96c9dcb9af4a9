import { searchAttributeTypes } from '@nacre/contracts/queues';
import { loopbackRequest } from './loopback-request.js';
import type { ServerDefinition } from './server-definition.js';
import type { StackState } from './stack-state.js';

/** The Temporal CLI's development server: server, web interface and an SQLite database on disk. */
export const temporalServer: ServerDefinition = {
  name: 'temporal',
  binary: 'temporal',
  replacedBy: 'NACRE_TEMPORAL_CLI',
  versionArguments: ['--version'],
  database: 'temporal.db',
  graceMilliseconds: 10_000,

  arguments: ({ ports }, dataFolder) => [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'warn'],
    ...['--port', String(ports.temporal), '--ui-port', String(ports.ui)],
    ...['--http-port', String(ports.http), '--metrics-port', String(ports.metrics)],
    ...['--db-filename', `${dataFolder}/temporal.db`],
    // Otherwise the web interface asks a server on the internet for news.
    '--ui-disable-news-fetch',
    ...Object.entries(searchAttributeTypes).flatMap(([name, type]) => [
      '--search-attribute',
      `${name}=${type}`,
    ]),
  ],

  // By default it asks a server of its makers for newer versions.
  environment: () => ({ TEMPORAL_VERSION_CHECK_DISABLED: 'true' }),

  becomesUsable: answers,
  answers,

  cleanUp: () => undefined,
};

async function answers({ ports }: StackState): Promise<boolean> {
  const path = '/api/v1/namespaces/default';
  return (await loopbackRequest({ port: ports.http, method: 'GET', path })).status === 200;
}
