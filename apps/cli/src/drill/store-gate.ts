import {
  createServer,
  request,
  Agent,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request of a worker to the store. */
export interface GateRequest {
  readonly method: string;
  /** Key below the store's prefix, e.g. `stages/merge/….json`. */
  readonly key: string;
  /** The body of a small write, e.g. a register; empty for anything else. */
  readonly body: string;
  /** Bytes of the body as announced. */
  readonly size: number;
}

/**
 * Stands at a request that is on its way. before: nothing has reached the store; after: the store has answered and the
 * worker has not heard of it. The request goes on when the promise resolves; `drop` breaks the connection instead.
 */
export interface GateGuard {
  before(request: GateRequest): Promise<'pass' | 'drop'>;
  after(request: GateRequest): Promise<'pass' | 'drop'>;
}

const SMALL_BODY = 1024 ** 2;

/**
 * The way of the drill's workers to their store: a proxy on loopback that shows every request and can hold it, so
 * that a disturbance falls exactly between two of them. It changes nothing: signatures hold because the headers pass
 * as they are. A store that is down looks as it is: the connection breaks.
 */
export class StoreGate {
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #target: URL;
  readonly #base: string;
  /** Set while somebody waits for a moment. */
  guard: GateGuard | undefined;
  /** Hears of every request that the store has answered with success. */
  onAnswered: ((request: GateRequest) => void) | undefined;

  private constructor(target: string, base: string) {
    this.#target = new URL(target);
    this.#base = `/${base}/`;
    const pass = (incoming: IncomingMessage, answer: ServerResponse) => {
      this.#pass(incoming, answer).catch(() => incoming.socket.destroy());
    };
    this.#server = createServer(pass);
    this.#server.on('checkContinue', (incoming: IncomingMessage, answer: ServerResponse) => {
      answer.writeContinue();
      pass(incoming, answer);
    });
    this.#server.keepAliveTimeout = 60_000;
  }

  /** @param base bucket and prefix: what stands before a key */
  static async open(target: string, base: string): Promise<StoreGate> {
    const gate = new StoreGate(target, base);
    await new Promise<void>((resolve, reject) => {
      gate.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return gate;
  }

  /** What workers take for the root URL of the S3 server. */
  get endpoint(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    this.#agent.destroy();
  }

  async #pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const size = Number(incoming.headers['content-length'] ?? 0);
    const small = incoming.method === 'PUT' && size <= SMALL_BODY;
    const body = small ? await bodyOf(incoming) : undefined;
    const path = decodeURIComponent((incoming.url ?? '').split('?')[0] ?? '');
    const seen: GateRequest = {
      method: incoming.method ?? '',
      key: path.startsWith(this.#base) ? path.slice(this.#base.length) : path,
      body: body?.toString('utf8') ?? '',
      size,
    };
    const { guard } = this;
    if ((await guard?.before(seen)) === 'drop') {
      incoming.socket.destroy();
      return;
    }
    const outgoing = request({
      host: this.#target.hostname,
      port: this.#target.port,
      method: incoming.method,
      path: incoming.url,
      headers: withoutExpect(incoming.rawHeaders),
      agent: this.#agent,
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve).once('error', reject);
    });
    if (body === undefined) incoming.pipe(outgoing);
    else outgoing.end(body);
    const response = await answered;
    if ((response.statusCode ?? 500) < 300) this.onAnswered?.(seen);
    if ((await guard?.after(seen)) === 'drop') {
      response.destroy();
      incoming.socket.destroy();
      return;
    }
    answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
    response.pipe(answer);
    response.once('error', () => answer.destroy());
  }
}

/** Expect: 100-continue was answered here. */
function withoutExpect(raw: readonly string[]): string[] {
  return raw.flatMap((name, index) =>
    index % 2 === 0 && name.toLowerCase() !== 'expect' ? [name, raw[index + 1] ?? ''] : [],
  );
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
