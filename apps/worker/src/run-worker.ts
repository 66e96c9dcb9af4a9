import { execFileSync } from 'node:child_process';

import {
  ColdStarter,
  deviceProbe,
  installation,
  removeAbandonedWork,
  repositoryFolder,
  taskRunner,
  WarmStarter,
  type ActivityDependencies,
} from '@nacre/activities';
import { storeFromEnvironment } from '@nacre/artifact-store';
import { DeviceFault } from '@nacre/contracts/errors';
import { connectClient, connectWorker, workerOptions } from '@nacre/temporal-connection';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';

import { ownDevices } from './own-devices.js';
import { polledQueues } from './polled-queues.js';
import { shutdownGrace } from './shutdown-grace.js';
import type { WorkerRole } from './worker-roles.js';

/** What one worker process does. */
export interface WorkerSettings {
  readonly roles: readonly WorkerRole[];
  /** GPU pools whose queues are polled, for the role gpu. */
  readonly pools: readonly string[];
  /** GPU-class stages at the same time in this process. */
  readonly concurrency: number;
  /** Ids of the GPUs that this worker owns and leases to its stages; none: they see whatever there is. */
  readonly gpus: readonly number[];
  readonly environment: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

const CONTROL_GRACE_SECONDS = 5;

/** One poller of the process and its role. */
interface Polling {
  readonly role: WorkerRole;
  readonly worker: Worker;
}

/**
 * Polls the queues of the roles until SIGTERM or SIGINT, then stops in order: no new work, running
 * Python tasks end at a step boundary, claims are given back. After a device fault it polls no GPU
 * queue any more; what it runs on its other devices is stopped as by SIGTERM, so that healthy workers
 * go on with it, and its other roles go on.
 *
 * @throws TemporalUnreachable, StoreUnavailable, DoesNotFit with what to do; DeviceFault at the end of
 * a worker that had one
 */
export async function runWorker(settings: WorkerSettings): Promise<void> {
  const { roles, pools, concurrency, gpus, environment, log } = settings;
  const stopSeconds = shutdownGrace(environment) / 1000;
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: ['SIGTERM', 'SIGINT'] });
  const store = storeFromEnvironment(environment);
  const devices = await ownDevices(gpus, environment);
  const [{ connection, address, namespace }, client] = await Promise.all([
    connectWorker(environment),
    connectClient(environment),
  ]);
  const here = installation(environment, gitCommit());
  const abandoned = await removeAbandonedWork(here.workFolder);
  if (abandoned > 0) log(`removed what killed workers had left of ${String(abandoned)} stages`);
  const onGpu = new ColdStarter(here.python);
  const onCpu = environment['NACRE_WARM_PARENT'] === 'off' ? onGpu : new WarmStarter(here, environment, log);
  let fault: DeviceFault | undefined;
  const polling: Polling[] = [];
  const dependencies: ActivityDependencies = {
    store,
    client: client.client,
    address,
    namespace,
    worker: `${String(process.pid)}@${roles.join(',')}`,
    installation: here,
    tasks: taskRunner({ installation: here, environment, onCpu, onGpu, graceSeconds: stopSeconds, log }),
    devices,
    onDeviceFault: (error) => {
      if (fault !== undefined) return;
      fault = error;
      log(`takes no GPU stage any more: ${error.message}`);
      stop(polling.filter(({ role }) => role === 'gpu'));
    },
  };
  try {
    for (const { queue, role, ...options } of polledQueues(roles, pools, concurrency, dependencies)) {
      const graceSeconds = role === 'control' ? CONTROL_GRACE_SECONDS : 0;
      const worker = await Worker.create({
        connection,
        namespace,
        ...workerOptions({ taskQueue: queue, graceSeconds, stopSeconds }, environment),
        ...options,
      });
      polling.push({ role, worker });
    }
    const queues = polling.map(({ worker }) => worker.options.taskQueue).join(', ');
    log(`polls ${queues} of ${address}, namespace ${namespace}`);
    const others = () => (fault === undefined ? polling : []);
    await Promise.all(polling.map(({ worker }) => untilStopped(worker, others)));
  } finally {
    await onCpu.close();
    await client.close();
    await connection.close();
  }
  if (fault !== undefined) throw await tested(fault, gpus, environment);
}

/** One worker that breaks takes the others down in order: a process that half works is worse than none. */
async function untilStopped(worker: Worker, others: () => readonly Polling[]): Promise<void> {
  try {
    await worker.run();
  } finally {
    stop(others());
  }
}

function stop(polling: readonly Polling[]): void {
  for (const { worker } of polling) if (worker.getState() === 'RUNNING') worker.shutdown();
}

/** The fault with what the devices say now that nothing of this worker runs on them. */
async function tested(
  fault: DeviceFault,
  gpus: readonly number[],
  environment: NodeJS.ProcessEnv,
): Promise<DeviceFault> {
  const now =
    gpus.length === 0
      ? ''
      : await deviceProbe(environment)().then(
          (memory) =>
            ` The probe now says: ${gpus.map((id) => `GPU ${String(id)} has ${String(memory.get(id)?.used)} of ${String(memory.get(id)?.total)} MiB in use`).join('; ')}.`,
          (error: unknown) => ` Now ${(error as Error).message}.`,
        );
  return new DeviceFault(
    `this worker took no GPU stage after a device failed: ${fault.message}.${now} Check the device, then start the worker again`,
    fault.data,
  );
}

function gitCommit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: repositoryFolder(), encoding: 'utf8' }).trim();
  } catch {
    return 'unknown'; // An installation without its history.
  }
}
