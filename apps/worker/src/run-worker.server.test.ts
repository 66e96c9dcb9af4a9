import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { deviceLockFolder, takeDeviceLock } from '@nacre/activities';
import { readArtifactFile } from '@nacre/artifact-store';
import type { StageCall } from '@nacre/contracts/run';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { playedCall } from './testing/played-call.js';
import { finishTasks, holdTasks } from './testing/played-interpreter.js';
import { WorkerPlace } from './testing/worker-place.js';
import type { WorkerProcess } from './testing/worker-process.js';

const setting = (name: string): string => process.env[name] ?? '';
let place: WorkerPlace;
beforeAll(async () => {
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
beforeEach(() => {
  holdTasks(place.folder);
});
afterAll(() => place.close());

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

/** Who holds the lock of the worker's GPU, or undefined when nobody does. */
async function holderOfDevice({ gpus: [id = -1] }: WorkerProcess): Promise<string | undefined> {
  const lock = await takeDeviceLock(deviceLockFolder(place.environment), id, 'test');
  if ('heldBy' in lock) return lock.heldBy;
  await lock.close();
  return undefined;
}

test('SIGTERM hands a stage to another worker within seconds and is no failed attempt; a stage sees only its GPUs', async () => {
  const workers = await place.twoWorkers();
  const call = playedCall('steps/a');
  const activity = await place.start(call);
  const first = await taken(call);
  const told = Date.now();
  first.signal('SIGTERM');
  const second = await taken(call, first);
  // The retry waits for a second; the bound leaves room for a loaded machine.
  expect(Date.now() - told).toBeLessThan(10_000);
  expect(await first.ended).toBe(0);
  expect(workers).toContain(second);
  expect(await place.register(call)).toMatchObject({ term: 2, attempts_without_progress: 0 });
  finishTasks(place.folder);
  const { manifest_id } = await activity.result();
  const devices = await readArtifactFile(place.store, manifest_id, 'devices.txt');
  expect(devices.toString('utf8')).toBe(second.gpus.join(','));
});

test('a worker that was stopped and goes on after its stage was taken publishes nothing and frees its GPU', async () => {
  await place.twoWorkers();
  const call = playedCall('steps/b');
  const activity = await place.start(call, 1000);
  const sleeper = await taken(call);
  sleeper.signal('SIGSTOP');
  await taken(call, sleeper);
  expect(await holderOfDevice(sleeper)).toContain(`worker ${String(sleeper.pid)}@gpu`);
  finishTasks(place.folder);
  const { manifest_id } = await activity.result();
  sleeper.signal('SIGCONT');
  await expect.poll(() => holderOfDevice(sleeper), { timeout: 20_000 }).toBeUndefined();
  expect(await place.register(call)).toMatchObject({ term: 2, state: 'published', manifest_id });
  await expect.poll(() => readdirSync(join(sleeper.workFolder, 'work'))).toEqual([]);
});

test('a stage that Temporal pauses gives back its claim and its GPU, waits, and goes on when it is unpaused', async () => {
  await place.twoWorkers();
  const call = playedCall('steps/d');
  const activity = await place.start(call);
  const first = await taken(call);
  await activity.pause();
  await expect.poll(() => place.register(call), { timeout: 20_000 }).toMatchObject({ state: 'released' });
  await expect.poll(() => holderOfDevice(first), { timeout: 10_000 }).toBeUndefined();
  expect(await place.register(call)).toMatchObject({ term: 1, attempts_without_progress: 0 });
  await activity.unpause();
  await taken(call);
  finishTasks(place.folder);
  await activity.result();
  expect(await place.register(call)).toMatchObject({ term: 2, state: 'published' });
});

test('a stage that Temporal resets, its attempts counted anew, is told apart by its term alone', async () => {
  await place.twoWorkers();
  const call = playedCall('steps/e');
  const activity = await place.start(call);
  await taken(call);
  await place.reset(call);
  await expect
    .poll(() => place.register(call), { timeout: 20_000 })
    .toMatchObject({ term: 2, state: 'claimed', attempts_without_progress: 0 });
  finishTasks(place.folder);
  await activity.result();
  expect(await place.register(call)).toMatchObject({ term: 2, state: 'published' });
});

test('a killed worker takes its task with it and leaves no GPU locked', async () => {
  await place.twoWorkers();
  const call = playedCall('steps/c');
  const activity = await place.start(call, 1000);
  const killed = await taken(call);
  killed.signal('SIGKILL');
  await killed.ended;
  await expect.poll(() => holderOfDevice(killed), { timeout: 10_000 }).toBeUndefined();
  await taken(call, killed);
  finishTasks(place.folder);
  await activity.result();
  expect(await place.register(call)).toMatchObject({ term: 2, attempts_without_progress: 1 });
});

test('a worker whose device faults takes no further stage and ends with words and 1; a healthy one finishes the stage', async () => {
  const workers = await place.twoWorkers();
  const call = playedCall('fault/a');
  finishTasks(place.folder);
  const activity = await place.start(call);
  const { manifest_id } = await activity.result();
  const [code, faulty] = await Promise.race(
    workers.map(async (worker) => [await worker.ended, worker] as const),
  );
  expect(code).toBe(1);
  expect(faulty.said).toContain('takes no GPU stage any more: device 0 fell off the bus');
  expect(faulty.said).toMatch(
    /DeviceFault: this worker took no GPU stage after a device failed: .* GPU \d has 0 of 1000 MiB in use/,
  );
  const devices = await readArtifactFile(place.store, manifest_id, 'devices.txt');
  expect(devices.toString('utf8')).not.toBe(faulty.gpus.join(','));
  expect(await place.register(call)).toMatchObject({ state: 'published', attempts_without_progress: 1 });
});
