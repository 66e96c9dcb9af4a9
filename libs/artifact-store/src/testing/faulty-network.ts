import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP proxy between client and server that breaks connections when told to. */
export interface FaultyNetwork {
  readonly endpoint: string;
  /** Request lines seen so far, e.g. `PUT /bucket/key?partNumber=2`. */
  readonly requests: readonly string[];
  /** Bytes of answers that have gone to the client so far. */
  received(): number;
  /** The next request that matches reaches the server and is done there; its answer never comes back. */
  loseAnswerTo(request: RegExp): void;
  /** Requests that match break at once, before the server sees them; undefined ends that. */
  refuse(request: RegExp | undefined): void;
  /** So many requests that match are answered with this status; the server never sees them. */
  answer(request: RegExp, status: number, times: number): void;
  /** Of the next answer to a request that matches so many bytes pass, then one every `pause` milliseconds. */
  trickle(request: RegExp, bytes: number, pause: number): void;
}

/** What is to happen to requests that match, once or a number of times. */
interface Fault {
  readonly request: RegExp;
  times: number;
  readonly happens: (link: Link, piece: Buffer) => 'handled' | 'passes';
}

/** One connection, and how bytes go over it. */
interface Link {
  readonly client: Socket;
  readonly server: Socket;
  hangUp(): void;
  /** Takes pieces of the answer instead of passing them. */
  onAnswer: ((piece: Buffer) => void) | undefined;
  /** Whether what the client goes on sending is thrown away. */
  deaf: boolean;
}

/** Starts the proxy in front of the server at that URL; it ends with the test. */
export async function faultyNetwork(target: string): Promise<FaultyNetwork> {
  const { hostname, port } = new URL(target);
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const faults: Fault[] = [];
  let refused: RegExp | undefined;
  let received = 0;

  const proxy = createServer((client) => {
    client.once('close', () => (received += client.bytesWritten));
    const server = connect(Number(port), hostname);
    const hangUp = (): void => {
      client.destroy();
      server.destroy();
    };
    const link: Link = { client, server, hangUp, onAnswer: undefined, deaf: false };
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', hangUp).on('close', hangUp);
    }
    client.on('data', (piece) => {
      if (link.deaf) return;
      const request = /^(?:GET|HEAD|PUT|POST|DELETE) \S+/.exec(piece.toString('latin1', 0, 4096))?.[0];
      if (request !== undefined) {
        requests.push(request);
        if (refused?.test(request) === true) return hangUp();
        const fault = faults.find((each) => each.times > 0 && each.request.test(request));
        if (fault !== undefined) {
          fault.times -= 1;
          if (fault.happens(link, piece) === 'handled') return;
        }
      }
      pass(piece, client, server);
    });
    server.on('data', (piece) => {
      if (link.onAnswer !== undefined) link.onAnswer(piece);
      else pass(piece, server, client);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  const add = (request: RegExp, times: number, happens: Fault['happens']): void =>
    void faults.push({ request, times, happens });
  return {
    endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    requests,
    received: () => received,
    refuse: (request) => (refused = request),
    loseAnswerTo: (request) => {
      add(request, 1, losing);
    },
    answer: (request, status, times) => {
      add(request, times, answering(status));
    },
    trickle: (request, bytes, pause) => {
      add(request, 1, trickling(bytes, pause));
    },
  };
}

function losing(link: Link): 'passes' {
  link.onAnswer = (piece) => {
    if (piece.toString('latin1', 0, 12).endsWith(' 100')) pass(piece, link.server, link.client);
    else link.hangUp();
  };
  return 'passes';
}

function answering(status: number): Fault['happens'] {
  return (link) => {
    link.deaf = true;
    link.client.end(`HTTP/1.1 ${status} Fault\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    return 'handled';
  };
}

function trickling(bytes: number, pause: number): Fault['happens'] {
  return (link) => {
    let passed = 0;
    link.onAnswer = (piece) => {
      const whole = piece.subarray(0, Math.max(0, bytes - passed));
      passed += whole.length;
      pass(whole, link.server, link.client);
      const rest = piece.subarray(whole.length);
      if (rest.length === 0) return;
      link.server.pause();
      let next = 0;
      const drip = setInterval(() => link.client.write(rest.subarray(next, (next += 1))), pause);
      link.client.once('close', () => clearInterval(drip));
    };
    return 'passes';
  };
}

function pass(piece: Buffer, from: Socket, to: Socket): void {
  if (to.destroyed || to.write(piece)) return;
  from.pause();
  to.once('drain', () => from.resume());
}
