import { request } from 'node:http';

/** One HTTP exchange with a server of the stack. */
export interface LoopbackRequest {
  readonly port: number;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** @default 5000 */
  readonly timeoutMs?: number;
}

/** Status and body of an answer; whatever went wrong is status 0, since probes only ask "does it answer". */
export interface LoopbackResponse {
  readonly status: number;
  readonly body: string;
}

/** Asks a server on 127.0.0.1; opens its own connection, so that nothing keeps the process alive. */
export function loopbackRequest(options: LoopbackRequest): Promise<LoopbackResponse> {
  return new Promise((resolve) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: options.port,
        method: options.method,
        path: options.path,
        headers: options.headers,
        agent: false,
        timeout: options.timeoutMs ?? 5000,
      },
      (incoming) => {
        let body = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => (body += chunk));
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, body });
        });
        incoming.on('error', () => {
          resolve({ status: 0, body: '' });
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => {
      resolve({ status: 0, body: '' });
    });
    outgoing.end(options.body);
  });
}
