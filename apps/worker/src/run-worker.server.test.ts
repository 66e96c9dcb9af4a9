import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { readArtifactFile } from '@nacre/artifact-store';
import type { StageCall } from '@nacre/contracts/run';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { playedCall } from './testing/played-call.js';
import { finishTasks } from './testing/played-interpreter.js';
import { WorkerPlace } from './testing/worker-place.js';
import type { WorkerProcess } from './testing/worker-process.js';

const setting = (name: string): string => process.env[name] ?? '';
let place: WorkerPlace;
beforeEach(async () => {
  place = await WorkerPlace.open({
    temporal: {
      address: setting('NACRE_TEST_TEMPORAL_ADDRESS'),
      namespace: setting('NACRE_TEST_TEMPORAL_NAMESPACE'),
    },
    s3: {
      endpoint: setting('NACRE_TEST_S3_ENDPOINT'),
      region: setting('NACRE_TEST_S3_REGION'),
      bucket: setting('NACRE_TEST_S3_BUCKET'),
      accessKeyId: setting('NACRE_TEST_S3_ACCESS_KEY'),
      secretAccessKey: setting('NACRE_TEST_S3_SECRET_KEY'),
    },
  });
});
afterEach(() => place.close());

/** The worker that has claimed the stage, once there is one besides those named. */
async function taken(call: StageCall, ...others: readonly WorkerProcess[]): Promise<WorkerProcess> {
  let holder: WorkerProcess | undefined;
  await expect
    .poll(
      async () => {
        holder = await place.holder(call);
        return holder !== undefined && !others.includes(holder);
      },
      { timeout: 20_000 },
    )
    .toBe(true);
  if (holder === undefined) throw new Error('unreachable');
  return holder;
}

test('a worker whose device faults takes no further stage and ends with words and 1; a healthy one finishes the stage', async () => {
  const faulty = await place.worker(0);
  const call = playedCall('fault/a');
  const activity = await place.start(call);
  await expect.poll(() => faulty.said, { timeout: 20_000 }).toContain('takes no GPU stage any more');
  const healthy = await place.worker(1);
  expect(await faulty.ended).toBe(1);
  expect(faulty.said).toMatch(
    /DeviceFault: this worker took no GPU stage after a device failed: .*fell off the bus.* GPU 0 has 0 of 1000 MiB in use/s,
  );
  expect(await taken(call)).toBe(healthy);
  finishTasks(place.folder);
  await activity.result();
  expect(await place.register(call)).toMatchObject({ state: 'published', attempts_without_progress: 1 });
});

test('SIGTERM hands a stage to another worker within seconds and is no failed attempt; stages see only their GPUs', async () => {
  const workers = [await place.worker(0), await place.worker(1, 2)];
  const call = playedCall('steps/a');
  const activity = await place.start(call);
  const first = await taken(call);
  const told = Date.now();
  first.signal('SIGTERM');
  const second = await taken(call, first);
  expect(workers).toContain(second);
  // Retry interval 1 s; the bound leaves room for a loaded machine.
  expect(Date.now() - told).toBeLessThan(10_000);
  expect(await first.ended).toBe(0);
  expect(await place.register(call)).toMatchObject({ term: 2, attempts_without_progress: 0 });
  finishTasks(place.folder);
  const { manifest_id } = await activity.result();
  const devices = await readArtifactFile(place.store, manifest_id, 'devices.txt');
  expect(devices.toString('utf8')).toBe(second === workers[0] ? '0' : '1');
});

test('a worker that was stopped and goes on after its stage was taken publishes nothing and frees its device', async () => {
  const sleeper = await place.worker(0);
  const call = playedCall('steps/b');
  const activity = await place.start(call, 1000);
  expect(await taken(call)).toBe(sleeper);
  sleeper.signal('SIGSTOP');
  const successor = await place.worker(1);
  expect(await taken(call, sleeper)).toBe(successor);
  finishTasks(place.folder);
  const { manifest_id } = await activity.result();
  sleeper.signal('SIGCONT');
  // Its only GPU is free again when another stage runs on it.
  successor.signal('SIGTERM');
  await successor.ended;
  const next = playedCall('steps/c');
  await (await place.start(next)).result();
  expect(await place.register(next)).toMatchObject({ holder: { worker: `${String(sleeper.pid)}@gpu` } });
  expect(await place.register(call)).toMatchObject({ term: 2, manifest_id });
  expect(existsSync(join(place.folder, 'node-0/work', `${call.key.slice(0, 16)}-1`))).toBe(false);
});

test('a GPU that the node does not have is named at once', async () => {
  await expect(place.worker(2, 7)).rejects.toThrow(
    'DoesNotFit: --gpus: this node has no GPU 7; it has 0, 1, 2, 3',
  );
});

test('NACRE_SHUTDOWN_GRACE is a duration', async () => {
  Object.assign(place.environment, { NACRE_SHUTDOWN_GRACE: '40' });
  await expect(place.worker()).rejects.toThrow('NACRE_SHUTDOWN_GRACE=40 is no duration');
});
