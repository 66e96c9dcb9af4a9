import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import {
  ColdStarter,
  controlActivities,
  installation,
  repositoryFolder,
  stageActivities,
  taskRunner,
  WarmStarter,
  type ActivityDependencies,
} from '@nacre/activities';
import { storeFromEnvironment } from '@nacre/artifact-store';
import { DoesNotFit } from '@nacre/contracts/errors';
import { CONTROL_QUEUE, DATA_QUEUE, gpuQueue } from '@nacre/contracts/queues';
import { connectClient, connectWorker, workerOptions } from '@nacre/temporal-connection';
import { DefaultLogger, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';

import type { WorkerRole } from './worker-roles.js';

/** What one worker process does. */
export interface WorkerSettings {
  readonly roles: readonly WorkerRole[];
  /** GPU pools whose queues are polled, for the role gpu. */
  readonly pools: readonly string[];
  /** GPU-class stages at the same time in this process. */
  readonly concurrency: number;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

/** Seconds a stopping worker waits for stages that have been told to stop. */
const STOP_SECONDS = 40;
const CONTROL_GRACE_SECONDS = 5;

/**
 * Polls the queues of the roles until SIGTERM or SIGINT, then stops in order: no new work, running
 * Python tasks end at a step boundary, claims are given back.
 *
 * @throws TemporalUnreachable, StoreUnavailable, DoesNotFit with what to do
 */
export async function runWorker({
  roles,
  pools,
  concurrency,
  environment,
  log,
}: WorkerSettings): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: ['SIGTERM', 'SIGINT'] });
  const store = storeFromEnvironment(environment);
  const [{ connection, address, namespace }, client] = await Promise.all([
    connectWorker(environment),
    connectClient(environment),
  ]);
  const here = installation(environment, gitCommit());
  const onGpu = new ColdStarter(here.python);
  const onCpu = environment['NACRE_WARM_PARENT'] === 'off' ? onGpu : new WarmStarter(here, environment, log);
  const dependencies: ActivityDependencies = {
    store,
    client: client.client,
    address,
    namespace,
    worker: `${String(process.pid)}@${roles.join(',')}`,
    installation: here,
    tasks: taskRunner({ installation: here, environment, onCpu, onGpu }),
  };
  try {
    const workers = await Promise.all(
      polled(roles, pools, concurrency, dependencies).map(({ queue, ...options }) =>
        Worker.create({
          connection,
          namespace,
          ...workerOptions(
            {
              taskQueue: queue,
              graceSeconds: queue === CONTROL_QUEUE ? CONTROL_GRACE_SECONDS : 0,
              stopSeconds: STOP_SECONDS,
            },
            environment,
          ),
          ...options,
        }),
      ),
    );
    log(
      `polls ${workers.map(({ options }) => options.taskQueue).join(', ')} of ${address}, namespace ${namespace}`,
    );
    await Promise.all(workers.map((worker) => untilStopped(worker, workers)));
  } finally {
    await onCpu.close();
    await client.close();
    await connection.close();
  }
}

/** One worker that breaks takes the others down in order: a process that half works is worse than none. */
async function untilStopped(worker: Worker, all: readonly Worker[]): Promise<void> {
  try {
    await worker.run();
  } finally {
    for (const other of all) if (other.getState() === 'RUNNING') other.shutdown();
  }
}

type Polled = Pick<WorkerOptions, 'activities' | 'workflowBundle' | 'maxConcurrentActivityTaskExecutions'> & {
  readonly queue: string;
};

function polled(
  roles: readonly WorkerRole[],
  pools: readonly string[],
  concurrency: number,
  dependencies: ActivityDependencies,
): Polled[] {
  return roles.flatMap((role): Polled[] => {
    switch (role) {
      case 'control':
        return [
          {
            queue: CONTROL_QUEUE,
            workflowBundle: { codePath: workflowBundle() },
            activities: { ...controlActivities(dependencies) },
          },
        ];
      case 'data':
        return [
          {
            queue: DATA_QUEUE,
            activities: stageActivities(dependencies, 'cpu'),
            maxConcurrentActivityTaskExecutions: 4,
          },
        ];
      case 'gpu':
        return pools.map((pool) => ({
          queue: gpuQueue(pool),
          activities: stageActivities(dependencies, 'gpu'),
          maxConcurrentActivityTaskExecutions: concurrency,
        }));
    }
  });
}

function workflowBundle(): string {
  const file = join(repositoryFolder(), '.nacre', 'build', 'workflow-bundle.js');
  if (!existsSync(file)) {
    throw new DoesNotFit(`the workflow bundle ${file} is missing; run \`npm run setup\``);
  }
  return file;
}

function gitCommit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: repositoryFolder(), encoding: 'utf8' }).trim();
  } catch {
    return 'unknown'; // An installation without its history.
  }
}
