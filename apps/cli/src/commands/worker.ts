import { parseGpuIds, parseRoles, runWorker } from '@nacre/worker';
import type { Command } from 'commander';

import { endpointEnvironment } from '../session.js';
import { UsageError } from '../usage-error.js';
import { collect, does } from './command.js';

interface WorkerOptions {
  readonly role: string;
  readonly pool?: string[];
  readonly concurrency: string;
  readonly gpus?: string;
}

/** `nacre worker`: polls task queues until it is told to stop. */
export function addWorker(program: Command): void {
  const command = program
    .command('worker')
    .description('carry out stages until SIGTERM')
    .option('--role <roles>', 'control, data, gpu: separated by commas', 'control,data,gpu')
    .option('--pool <name>', 'GPU pool to work for (default: local); may be repeated', collect)
    .option('--concurrency <count>', 'GPU-class stages at the same time', '1')
    .option('--gpus <ids>', 'GPUs that this worker owns and leases to its stages, e.g. 0-3,6');
  does<WorkerOptions>(command, async ({ output, options }) => {
    const concurrency = Number(options.concurrency);
    if (!Number.isInteger(concurrency) || concurrency < 1)
      throw new UsageError('--concurrency: a whole number above 0');
    const roles = parseRoles(options.role);
    const gpus = options.gpus === undefined ? [] : parseGpuIds(options.gpus);
    const { environment } = await endpointEnvironment();
    await runWorker({
      roles,
      pools: options.pool ?? ['local'],
      concurrency,
      gpus,
      environment,
      log: (line) => {
        output.event({ type: 'worker', message: line }, `worker: ${line}`);
      },
    });
    return undefined;
  });
}
