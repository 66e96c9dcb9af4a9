import { connect } from 'node:net';
import { unreachable } from './unreachable.js';

const PATIENCE_MS = 3000;

/**
 * Asks whether anybody listens at a Temporal address. The SDK retries a refused connection until its
 * deadline and then says only that the deadline has passed; this says at once what is wrong.
 *
 * @throws TemporalUnreachable naming the address and the remedy, within 3 s
 */
export async function assertListening(address: string): Promise<void> {
  const separator = address.lastIndexOf(':');
  const host = address.slice(0, separator).replace(/^\[|\]$/g, '');
  const port = Number(address.slice(separator + 1));
  const problem = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS });
    const finish = (reason?: string): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => finish());
    socket.once('timeout', () => finish(`no answer within ${PATIENCE_MS / 1000} s`));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(explain(error)));
  });
  if (problem !== undefined) throw unreachable(address, problem);
}

function explain(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'nobody listens there';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'its name cannot be resolved';
  return error.message;
}
