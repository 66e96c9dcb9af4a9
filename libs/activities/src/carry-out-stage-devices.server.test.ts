import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { DeviceFault, NodeLost } from '@nacre/contracts/errors';
import type { AttemptLedger } from '@nacre/contracts/run';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { DeviceLeases } from './device-leases.js';
import { deviceProbe } from './device-probe.js';
import { PlayedStagePlace } from './testing/played-attempt.js';
import { fails, runsUntilStopped, writes } from './testing/played-tasks.js';
import { unaccountedShare } from './testing/unaccounted-share.js';

let place: PlayedStagePlace;
beforeEach(async () => {
  place = await PlayedStagePlace.open();
});
afterEach(() => place.close());

/** GPUs 0 and 1 of a node on which nothing else runs. */
function twoGpus(): DeviceLeases {
  const probe = join(place.folder, 'probe');
  writeFileSync(probe, '#!/bin/sh\necho "0, 0, 1000\n1, 0, 1000"\n');
  chmodSync(probe, 0o700);
  return new DeviceLeases({
    ids: [0, 1],
    lockFolder: join(place.folder, 'locks'),
    probe: deviceProbe({ PATH: process.env['PATH'], NACRE_GPU_PROBE: probe }),
  });
}

describe('the GPUs of a worker', () => {
  test('are told to the task, and waited for without a claim', async () => {
    const devices = twoGpus();
    const { task, running } = runsUntilStopped();
    const first = place.attempt(task, { devices }, { key: 'd0'.repeat(32) });
    expect((await running).devices).toMatchObject({ ids: [0] });
    const both = { execution: { ...place.call.execution, gpus: 2 } };
    const second = place.attempt(writes('bytes'), { devices }, both);
    await expect.poll(() => second.beats.at(-1)?.phase).toBe('waiting-for-gpus');
    expect(await place.register()).toBeUndefined();
    first.environment.cancel('CANCELLED');
    await expect(first.ended).rejects.toThrow();
    await expect(second.ended).resolves.toMatchObject({ kind: 'train_teacher' });
  });

  test.each([
    ['done', writes('bytes'), undefined],
    ['failed', fails(new NodeLost('killed')), 'NodeLost'],
    ['refused before it began', writes('bytes'), 'ContractViolation'],
  ])('are free again after a stage that was %s', async (_how, task, error) => {
    const devices = twoGpus();
    const call = {
      execution: { ...place.call.execution, gpus: 2 },
      ...(error === 'ContractViolation' && { version: 99 }),
    };
    const { ended } = place.attempt(task, { devices }, call);
    if (error === undefined) await ended;
    else await expect(ended).rejects.toMatchObject({ type: error });
    const again = await devices.lease(2, 'next', new AbortController().signal);
    expect(again.ids).toEqual([0, 1]);
    await again.release();
  });

  test('are free again after a cancelled stage and after a lost claim', async () => {
    const devices = twoGpus();
    for (const end of ['cancelled', 'lost']) {
      const { task, running } = runsUntilStopped();
      const { ended, environment } = place.attempt(task, { devices, renewalMilliseconds: 50 });
      await running;
      if (end === 'lost') await place.taken();
      else environment.cancel('CANCELLED');
      await expect(ended).rejects.toThrow();
      await (await devices.lease(2, 'next', new AbortController().signal)).release();
    }
  });

  test('are no matter of a stage that Node computes', async () => {
    const data = await PlayedStagePlace.open('synthesize_source', {
      rows: 30,
      seed: 1,
      votes: 'drawn',
      use: 'train',
      labels: ['model_a', 'model_b', 'tie'],
    });
    try {
      const none = new DeviceLeases({
        ids: [],
        lockFolder: place.folder,
        probe: () => Promise.resolve(new Map()),
      });
      await data.attempt(fails(new Error('no task')), { devices: none }).ended;
      const [ledger] = await data.ledgers();
      expect(ledger).toMatchObject({ ended: 'done', seconds: { evaluation: 0, checkpoint: 0, at_risk: 0 } });
      expect(ledger?.seconds.step).toBeGreaterThan(0);
      expect(unaccountedShare(ledger as AttemptLedger)).toBeLessThan(0.01);
    } finally {
      await data.close();
    }
  });
});

test('a device fault is told to the worker, and is worth another attempt elsewhere', async () => {
  const faults: DeviceFault[] = [];
  const fault = new DeviceFault('GPU 0 computed something else the second time');
  const onDeviceFault = (error: DeviceFault) => faults.push(error);
  await expect(place.attempt(fails(fault), { onDeviceFault }).ended).rejects.toMatchObject({
    type: 'DeviceFault',
    nonRetryable: false,
  });
  expect(faults).toEqual([fault]);
});
