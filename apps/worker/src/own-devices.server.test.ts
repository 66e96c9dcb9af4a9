import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { ownDevices } from './own-devices.js';

/** A node whose probe is this script. */
function node(script: string): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(tmpdir(), 'nacre-node-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const probe = join(folder, 'probe');
  writeFileSync(probe, `#!/bin/sh\n${script}\n`);
  chmodSync(probe, 0o700);
  return { PATH: process.env['PATH'], NACRE_GPU_PROBE: probe, NACRE_DEVICE_LOCKS: join(folder, 'locks') };
}

it('a worker without --gpus asks no probe', async () => {
  await expect(ownDevices([], node('exit 9'))).resolves.toBeNull();
});

it('the GPUs that the node has can be leased', async () => {
  const devices = await ownDevices([1], node('echo "0, 900, 1000"; echo "1, 3, 1000"'));
  const leased = await devices?.lease(1, 'stage', new AbortController().signal);
  expect(leased?.ids).toEqual([1]);
  await leased?.release();
});

it('a GPU that the node does not have is named before the worker polls', async () => {
  await expect(ownDevices([0, 7], node('echo "0, 0, 1000"'))).rejects.toMatchObject({
    name: 'DoesNotFit',
    message: '--gpus: this node has no GPU 7; it has 0',
  });
});

it('a node without nvidia-smi says what to do', async () => {
  await expect(ownDevices([0], { PATH: '/nonexistent' })).rejects.toMatchObject({
    name: 'DeviceFault',
    message: expect.stringMatching(/nvidia-smi .* start the worker without --gpus/s) as string,
  });
});
