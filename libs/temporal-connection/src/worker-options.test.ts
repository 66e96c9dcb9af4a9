import { ContractViolation } from '@nacre/contracts/errors';
import { expect, it } from 'vitest';
import { workerOptions } from './worker-options.js';

const purpose = { taskQueue: 'nacre-gpu-8x80g', graceSeconds: 0, stopSeconds: 600 };

it('gives up on an activity only after its budget for a checkpoint', () => {
  expect(workerOptions(purpose, {})).toMatchObject({ shutdownGraceTime: 0, shutdownForceTime: 600_000 });
});

it('names queue, host and process as its identity', () => {
  expect(workerOptions(purpose, {}).identity).toMatch(new RegExp(`^nacre-gpu-8x80g@.+:${process.pid}$`));
});

it('is not versioned unless a controller says so', () => {
  expect(workerOptions(purpose, {})).not.toHaveProperty('workerDeploymentOptions');
});

it('pins runs to the build that the controller names', () => {
  const environment = { TEMPORAL_DEPLOYMENT_NAME: 'nacre', TEMPORAL_WORKER_BUILD_ID: 'b1' };
  expect(workerOptions(purpose, environment).workerDeploymentOptions).toEqual({
    useWorkerVersioning: true,
    version: { deploymentName: 'nacre', buildId: 'b1' },
    defaultVersioningBehavior: 'PINNED',
  });
});

it.each(['TEMPORAL_DEPLOYMENT_NAME', 'TEMPORAL_WORKER_BUILD_ID'])('refuses %s alone', (variable) => {
  expect(() => workerOptions(purpose, { [variable]: 'x' })).toThrow(ContractViolation);
});
