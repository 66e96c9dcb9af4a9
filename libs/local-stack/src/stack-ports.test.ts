import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { PortUnusable } from './errors.js';
import { assertServerPortsFree, reservePorts, s3Ports, type PortReservation } from './stack-ports.js';

const open: { close: () => unknown }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function reserve(...parameters: Parameters<typeof reservePorts>): Promise<PortReservation> {
  const reservation = await reservePorts(...parameters);
  open.push({ close: reservation.release });
  return reservation;
}

async function occupy(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  open.push(server);
  await once(server, 'listening');
  return server;
}

it('gives every service a port of its own, none of them a gRPC twin of another', async () => {
  const { ports } = await reserve();
  const { http, grpc } = s3Ports(ports);
  const all = [...Object.values<number>({ ...ports }), ...grpc];
  expect(http).toHaveLength(5);
  expect(new Set(all).size).toBe(all.length);
});

it('never gives two starting stacks the same port', async () => {
  const reservations = await Promise.all(Array.from({ length: 12 }, () => reserve()));
  const all = reservations.flatMap(({ ports }) => Object.values<number>({ ...ports }));
  expect(new Set(all).size).toBe(all.length);
});

it('takes the ports of an earlier start again while they are free', async () => {
  const first = await reservePorts();
  first.release();
  const second = await reserve({}, first.ports);
  expect(second.ports).toEqual(first.ports);
});

it('leaves the ports of an earlier start once somebody holds a twin of one', async () => {
  const first = await reservePorts();
  first.release();
  await occupy(first.ports.filer + 10_000);
  const second = await reserve({}, first.ports);
  expect(second.ports.filer).not.toBe(first.ports.filer);
});

it('honours fixed ports', async () => {
  const free = await reservePorts();
  free.release();
  const { temporal, s3 } = free.ports;
  const { ports } = await reserve({ temporal, s3 });
  expect(ports).toMatchObject({ temporal, s3 });
});

it('names the fixed port that is taken, and its purpose', async () => {
  const free = await reservePorts();
  free.release();
  await occupy(free.ports.temporal);
  await expect(reservePorts({ temporal: free.ports.temporal })).rejects.toThrow(
    `Port ${free.ports.temporal} on 127.0.0.1 (Temporal gRPC) cannot be used: another process holds it.`,
  );
});

it.each([
  ['temporal', 0],
  ['temporal', 65_536],
  ['s3', 60_000],
  ['s3', 8333.5],
])('refuses %s port %d', async (name, port) => {
  await expect(reservePorts({ [name]: port })).rejects.toThrow(PortUnusable);
});

it('says which recorded port keeps a server from coming back', async () => {
  const { ports, release } = await reservePorts();
  release();
  await occupy(ports.volume);
  await assertServerPortsFree('temporal', ports);
  await expect(assertServerPortsFree('s3', ports)).rejects.toThrow(
    `Port ${ports.volume} on 127.0.0.1 (SeaweedFS volume)`,
  );
});
