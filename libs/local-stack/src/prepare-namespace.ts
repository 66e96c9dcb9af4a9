import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { searchAttributeTypes } from '@nacre/contracts/queues';
import { TemporalUnreachable } from '@nacre/contracts/errors';
import { loopbackRequest, type LoopbackResponse } from './loopback-request.js';

/** Closed runs stay visible this long; the server's own default is a day. */
const RETENTION_SECONDS = 30 * 24 * 3600;
const CACHE_PATIENCE_MS = 15_000;

/** A namespace of an embedded Temporal server. */
export interface NamespaceOptions {
  /** The server's HTTP API, on loopback. */
  readonly httpUrl: string;
  /** The server's gRPC address. */
  readonly address: string;
  readonly namespace: string;
  /** Path of the Temporal CLI. */
  readonly temporalBinary: string;
}

/**
 * Makes a namespace of the embedded server fit for Nacre: it exists, closed runs are kept for 30
 * days, and Nacre's search attributes are registered (a server registers those of its command line
 * only in a new database). Repeating it changes nothing.
 *
 * @throws TemporalUnreachable when the server refuses
 */
export async function prepareNamespace(options: NamespaceOptions): Promise<void> {
  const port = Number(new URL(options.httpUrl).port);
  const path = `/api/v1/namespaces/${encodeURIComponent(options.namespace)}`;
  const found = await loopbackRequest({ port, method: 'GET', path });
  const retention = `${RETENTION_SECONDS}s`;
  if (found.status === 404) {
    const body = JSON.stringify({
      namespace: options.namespace,
      workflowExecutionRetentionPeriod: retention,
    });
    accepted(options, await loopbackRequest({ port, method: 'POST', path: '/api/v1/namespaces', body }));
  } else if (retentionSeconds(accepted(options, found)) < RETENTION_SECONDS) {
    const body = JSON.stringify({ config: { workflowExecutionRetentionTtl: retention } });
    accepted(options, await loopbackRequest({ port, method: 'POST', path: `${path}/update`, body }));
  }
  await registerMissing(options, accepted(options, await listedAttributes(port, path)));
}

// Most parts of the server learn of a new namespace with the next refresh of their caches.
async function listedAttributes(port: number, path: string): Promise<LoopbackResponse> {
  const deadline = performance.now() + CACHE_PATIENCE_MS;
  for (;;) {
    const answer = await loopbackRequest({ port, method: 'GET', path: `${path}/search-attributes` });
    if (answer.status !== 404 || performance.now() > deadline) return answer;
    await sleep(50);
  }
}

// The HTTP API has no call for this one.
async function registerMissing(options: NamespaceOptions, answer: string): Promise<void> {
  const { customAttributes = {} } = JSON.parse(answer) as { customAttributes?: object };
  const missing = Object.entries(searchAttributeTypes).filter(([name]) => !(name in customAttributes));
  if (missing.length === 0) return;
  await promisify(execFile)(
    options.temporalBinary,
    [
      ...['operator', 'search-attribute', 'create', '--address', options.address],
      ...['--namespace', options.namespace],
      ...missing.flatMap(([name, type]) => ['--name', name, '--type', type]),
    ],
    // Nothing of the user's TEMPORAL_* may send this to another server.
    { env: { PATH: process.env['PATH'], HOME: '/nonexistent' } },
  );
}

function retentionSeconds(answer: string): number {
  const { config } = JSON.parse(answer) as { config?: { workflowExecutionRetentionTtl?: string } };
  return Number.parseInt(config?.workflowExecutionRetentionTtl ?? '0', 10);
}

function accepted(options: NamespaceOptions, answer: LoopbackResponse): string {
  if (answer.status === 200) return answer.body;
  throw new TemporalUnreachable(
    `The embedded Temporal server at ${options.address} did not prepare the namespace ` +
      `${options.namespace} (HTTP ${answer.status}). Stop it with \`npx nacre dev stop\` ` +
      'and start it again.',
    { address: options.address, namespace: options.namespace },
  );
}
