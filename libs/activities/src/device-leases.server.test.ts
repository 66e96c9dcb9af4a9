import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { DeviceLeases, type LeasedDevices } from './device-leases.js';
import { deviceProbe } from './device-probe.js';

let folder: string;
const children: ChildProcess[] = [];
const leased: LeasedDevices[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nacre-devices-'));
  memory([0, 0, 0, 0]);
});
afterEach(async () => {
  await Promise.all(leased.splice(0).map((devices) => devices.release()));
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** What the probe says from now on: MiB in use of 1,000 on each GPU. */
function memory(used: readonly number[]): void {
  writeFileSync(
    join(folder, 'memory'),
    used.map((mib, id) => `${String(id)}, ${String(mib)}, 1000\n`).join(''),
  );
}

/** Leases that are over when the test is. */
class TestLeases extends DeviceLeases {
  override async lease(...request: Parameters<DeviceLeases['lease']>): Promise<LeasedDevices> {
    const devices = await super.lease(...request);
    leased.push(devices);
    return devices;
  }
}

/** A worker's leases with a probe that is a small script. */
function leases(ids: readonly number[], script = `cat '${join(folder, 'memory')}'`): DeviceLeases {
  const program = join(folder, 'probe');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o700);
  const probe = deviceProbe({ PATH: process.env['PATH'], NACRE_GPU_PROBE: program });
  return new TestLeases({ ids, lockFolder: join(folder, 'locks'), probe });
}

const never = new AbortController().signal;

/** A process that has inherited these descriptors, as a rank does. */
async function rank(lockFiles: readonly number[]): Promise<ChildProcess> {
  const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', ...lockFiles] });
  children.push(child);
  await once(child, 'spawn');
  return child;
}

test('no GPU is two stages’ at a time; what is given back is taken by who waits', async () => {
  const worker = leases([0, 1, 2, 3]);
  const [first, second] = await Promise.all([
    worker.lease(2, 'teacher 0', never),
    worker.lease(2, 'teacher 1', never),
  ]);
  expect([...first.ids, ...second.ids].sort()).toEqual([0, 1, 2, 3]);
  const third = worker.lease(1, 'teacher 2', never);
  await second.release();
  expect(second.ids).toContain((await third).ids[0]);
});

test('a request for all GPUs that came first is not passed by smaller ones that would fit', async () => {
  const worker = leases([0, 1]);
  const running = await worker.lease(1, 'running', never);
  const order: string[] = [];
  const all = worker.lease(2, 'all', never).then(async (devices) => {
    order.push('all');
    await devices.release();
  });
  const small = worker.lease(1, 'small', never).then(() => order.push('small'));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(order).toEqual([]);
  await running.release();
  await Promise.all([all, small]);
  expect(order).toEqual(['all', 'small']);
});

test('who stops waiting makes room for who came later, and leaves nothing locked', async () => {
  const worker = leases([0, 1]);
  const running = await worker.lease(1, 'running', never);
  const stopping = new AbortController();
  const big = worker.lease(2, 'big', stopping.signal);
  const small = worker.lease(1, 'small', never);
  stopping.abort(new Error('cancelled'));
  await expect(big).rejects.toThrow('cancelled');
  await (await small).release();
  await running.release();
  await expect(worker.lease(2, 'next', never)).resolves.toMatchObject({ ids: [0, 1] });
});

test('another worker of the node is named where it has the GPU, and another free one is taken instead', async () => {
  const mine = leases([0, 1]);
  const others = leases([1, 2]);
  const theirs = await others.lease(1, 'worker 7@gpu: teacher 4', never);
  expect(theirs.ids).toEqual([1]);
  await expect(mine.lease(2, 'teacher 5', never)).rejects.toMatchObject({
    name: 'DeviceBusy',
    message: '1 of the 2 GPUs that the stage needs can be had: GPU 1 is held by worker 7@gpu: teacher 4',
  });
  await expect(mine.lease(1, 'teacher 5', never)).resolves.toMatchObject({ ids: [0] });
});

test('a rank that outlives its stage keeps the GPU locked until it is gone', async () => {
  const worker = leases([0]);
  const devices = await worker.lease(1, 'teacher 0', never);
  const orphan = await rank(devices.lockFiles);
  await devices.release();
  await expect(worker.lease(1, 'teacher 1', never)).rejects.toThrow('GPU 0 is held by teacher 0');
  orphan.kill('SIGKILL');
  await once(orphan, 'exit');
  await expect(worker.lease(1, 'teacher 1', never)).resolves.toMatchObject({ ids: [0] });
});

test('a GPU whose memory a foreign process uses is busy, and free again when it has gone', async () => {
  const worker = leases([0, 1]);
  memory([49, 800]);
  await expect(worker.lease(2, 'teacher 0', never)).rejects.toMatchObject({
    name: 'DeviceBusy',
    message: expect.stringContaining('GPU 1 has 800 of 1000 MiB in use') as string,
  });
  memory([49, 50]);
  await expect(worker.lease(2, 'teacher 0', never)).resolves.toMatchObject({ ids: [0, 1] });
});

test.each([
  ['fails', 'echo broken driver >&2; exit 9', 'broken driver'],
  ['says something else', 'echo No devices were found', 'No devices were found'],
])('a probe that %s is a fault of the device, and no GPU stays locked', async (_how, script, words) => {
  const faulty = leases([0], script);
  await expect(faulty.lease(1, 'teacher 0', never)).rejects.toMatchObject({
    name: 'DeviceFault',
    message: expect.stringContaining(words) as string,
  });
  await expect(leases([0]).lease(1, 'teacher 0', never)).resolves.toMatchObject({ ids: [0] });
});

test('more GPUs than the worker has is no matter of waiting', async () => {
  await expect(leases([0, 1]).lease(3, 'teacher 0', never)).rejects.toMatchObject({
    name: 'DoesNotFit',
    message: expect.stringContaining('asks for 3 GPUs and this worker has 0, 1') as string,
  });
});
