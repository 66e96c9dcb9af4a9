import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { PortUnusable } from './errors.js';
import type { FixedPorts } from './stack-options.js';

/** Every port that a stack listens on, except the gRPC twins of SeaweedFS. */
export interface StackPorts {
  readonly temporal: number;
  readonly ui: number;
  readonly http: number;
  readonly metrics: number;
  readonly s3: number;
  readonly master: number;
  readonly volume: number;
  readonly filer: number;
  readonly admin: number;
  /** Held only while a stack starts, see `reservePorts`. */
  readonly guard: number;
}

/** SeaweedFS serves gRPC on each of its HTTP ports plus this. */
const TWIN_OFFSET = 10_000;
const PURPOSES: Readonly<Record<Exclude<keyof StackPorts, 'guard'>, string>> = {
  temporal: 'Temporal gRPC',
  ui: 'Temporal UI',
  http: 'Temporal HTTP API',
  metrics: 'Temporal metrics',
  s3: 'S3',
  master: 'SeaweedFS master',
  volume: 'SeaweedFS volume',
  filer: 'SeaweedFS filer',
  admin: 'SeaweedFS admin',
};
const TEMPORAL_PORTS = ['temporal', 'ui', 'http', 'metrics'] as const;
const S3_PORTS = ['s3', 'master', 'volume', 'filer', 'admin'] as const;

// Blocks and their twins end below 32768, where Linux begins to give ports to outgoing connections,
// and begin above 10080, which browsers refuse.
const FIRST_BLOCK = 11_008;
const BLOCK_SIZE = 16;
const BLOCKS = 680;

/** Ports that nothing listens on, kept from other starting stacks until `release`. */
export interface PortReservation {
  readonly ports: StackPorts;
  readonly release: () => void;
}

/**
 * Chooses a block of free ports. The block's guard port stays bound until `release`, and binding is
 * atomic, so two stacks that start at the same time never get the same block; once the servers
 * listen, the ports speak for themselves.
 *
 * @param preferred the ports of an earlier start, taken again when all are free
 * @throws PortUnusable when a fixed port is taken
 */
export async function reservePorts(fixed: FixedPorts = {}, preferred?: StackPorts): Promise<PortReservation> {
  const chosen = fixedPorts(fixed);
  if (preferred !== undefined) {
    const reservation = await tryReserve({ ...preferred, ...chosen });
    if (reservation !== undefined) return reservation;
  }
  for (const [name, port] of Object.entries(chosen) as [keyof FixedPorts, number][]) {
    for (const each of withTwin(name, port)) await assertFree(each, PURPOSES[name]);
  }
  const offset = randomInt(BLOCKS);
  for (let index = 0; index < BLOCKS; index += 1) {
    const block = FIRST_BLOCK + ((offset + index) % BLOCKS) * BLOCK_SIZE;
    const reservation = await tryReserve({ ...blockPorts(block), ...chosen });
    if (reservation !== undefined) return reservation;
  }
  throw new PortUnusable(FIRST_BLOCK, 'embedded servers', 'no block of 16 free ports is left');
}

/**
 * Asserts that a server which must come back on its recorded ports can listen on them.
 * @throws PortUnusable naming the first that is taken
 */
export async function assertServerPortsFree(server: 'temporal' | 's3', ports: StackPorts): Promise<void> {
  for (const name of server === 'temporal' ? TEMPORAL_PORTS : S3_PORTS) {
    for (const port of withTwin(name, ports[name])) await assertFree(port, PURPOSES[name]);
  }
}

/** The HTTP ports of SeaweedFS and their gRPC twins, for naming the sockets it leaves behind. */
export function s3Ports(ports: StackPorts): { http: number[]; grpc: number[] } {
  const http = S3_PORTS.map((name) => ports[name]);
  return { http, grpc: http.map((port) => port + TWIN_OFFSET) };
}

function fixedPorts(fixed: FixedPorts): FixedPorts {
  for (const [name, port] of Object.entries(fixed) as [keyof FixedPorts, number][]) {
    const highest = name === 's3' ? 65_535 - TWIN_OFFSET : 65_535;
    if (!Number.isInteger(port) || port < 1 || port > highest) {
      throw new PortUnusable(port, PURPOSES[name], `it must be between 1 and ${highest}`);
    }
  }
  return fixed;
}

function blockPorts(block: number): StackPorts {
  return {
    temporal: block,
    ui: block + 1,
    http: block + 2,
    metrics: block + 3,
    s3: block + 4,
    master: block + 5,
    volume: block + 6,
    filer: block + 7,
    admin: block + 8,
    guard: block + 15,
  };
}

function withTwin(name: keyof typeof PURPOSES, port: number): number[] {
  return (S3_PORTS as readonly string[]).includes(name) ? [port, port + TWIN_OFFSET] : [port];
}

async function tryReserve(ports: StackPorts): Promise<PortReservation | undefined> {
  const guard = await listen(ports.guard);
  if (guard === undefined) return undefined;
  const names = [...TEMPORAL_PORTS, ...S3_PORTS];
  for (const port of names.flatMap((name) => withTwin(name, ports[name]))) {
    const probe = await listen(port);
    if (probe === undefined) {
      guard.close();
      return undefined;
    }
    await closed(probe);
  }
  return { ports, release: () => guard.close() };
}

async function assertFree(port: number, purpose: string): Promise<void> {
  const probe = await listen(port);
  if (probe === undefined) throw new PortUnusable(port, purpose, 'another process holds it');
  await closed(probe);
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      resolve(server);
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
