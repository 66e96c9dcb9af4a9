import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP proxy between client and server that breaks connections when told to. */
export interface FaultyNetwork {
  readonly endpoint: string;
  /** Request lines seen so far, e.g. `PUT /bucket/key?partNumber=2`. */
  readonly requests: readonly string[];
  /** The next request that matches reaches the server and is done there; its answer never comes back. */
  loseAnswerTo(request: RegExp): void;
  /** Requests that match break at once, before the server sees them; undefined ends that. */
  refuse(request: RegExp | undefined): void;
}

/** Starts the proxy in front of the server at that URL; it ends with the test. */
export async function faultyNetwork(target: string): Promise<FaultyNetwork> {
  const { hostname, port } = new URL(target);
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let lost: RegExp | undefined;
  let refused: RegExp | undefined;

  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    const hangUp = (): void => {
      client.destroy();
      server.destroy();
    };
    let losing = false;
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', hangUp).on('close', hangUp);
    }
    client.on('data', (piece) => {
      const request = /^(?:GET|HEAD|PUT|POST|DELETE) \S+/.exec(piece.toString('latin1', 0, 4096))?.[0];
      if (request !== undefined) {
        requests.push(request);
        if (refused?.test(request) === true) return hangUp();
        if (lost?.test(request) === true) {
          losing = true;
          lost = undefined;
        }
      }
      pass(piece, client, server);
    });
    server.on('data', (piece) => {
      if (losing && !piece.toString('latin1', 0, 12).endsWith(' 100')) return hangUp();
      pass(piece, server, client);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    requests,
    loseAnswerTo: (request) => (lost = request),
    refuse: (request) => (refused = request),
  };
}

function pass(piece: Buffer, from: Socket, to: Socket): void {
  if (to.destroyed || to.write(piece)) return;
  from.pause();
  to.once('drain', () => from.resume());
}
