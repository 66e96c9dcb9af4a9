import { ContractViolation } from '@nacre/contracts/errors';
import type { WorkerOptions } from '@temporalio/worker';
import { hostname } from 'node:os';
import { dataConverter } from './data-converter.js';

/** What a worker is for; sets how it stops. */
export interface WorkerPurpose {
  /** Task queue, shown with host and pid as the worker's identity. */
  readonly taskQueue: string;
  /**
   * Seconds that activities get after a stop signal to end by themselves before they are told to stop.
   * 0 for training, which stops at the next step boundary when told.
   */
  readonly graceSeconds: number;
  /** Seconds from the signal until the worker gives up on its activities: the budget of a checkpoint. */
  readonly stopSeconds: number;
}

/** The options that every Nacre worker shares. */
export type SharedWorkerOptions = Required<
  Pick<
    WorkerOptions,
    | 'taskQueue'
    | 'identity'
    | 'dataConverter'
    | 'shutdownGraceTime'
    | 'shutdownForceTime'
    | 'maxHeartbeatThrottleInterval'
  >
> &
  Pick<WorkerOptions, 'workerDeploymentOptions'>;

/**
 * Options to spread into `Worker.create`. Workflows are pinned to this build only when
 * TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID are both set, as a worker controller does:
 * a versioned worker gets no work until its version is made current.
 *
 * @throws ContractViolation when only one of the two is set
 */
export function workerOptions(
  purpose: WorkerPurpose,
  environment: NodeJS.ProcessEnv = process.env,
): SharedWorkerOptions {
  return {
    taskQueue: purpose.taskQueue,
    identity: `${purpose.taskQueue}@${hostname()}:${process.pid}`,
    dataConverter,
    shutdownGraceTime: purpose.graceSeconds * 1000,
    shutdownForceTime: purpose.stopSeconds * 1000,
    // The default of a minute would make progress and cancellation a minute late.
    maxHeartbeatThrottleInterval: '15s',
    ...versioning(environment),
  };
}

function versioning(environment: NodeJS.ProcessEnv): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  const deploymentName = environment['TEMPORAL_DEPLOYMENT_NAME'] ?? '';
  const buildId = environment['TEMPORAL_WORKER_BUILD_ID'] ?? '';
  if (deploymentName === '' && buildId === '') return {};
  if (deploymentName === '' || buildId === '') {
    throw new ContractViolation(
      'TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID belong together, and only one is set. ' +
        'Set both to pin runs to this build, or neither.',
    );
  }
  return {
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { deploymentName, buildId },
      defaultVersioningBehavior: 'PINNED',
    },
  };
}
