import { runWorker } from '../run-worker.js';

/** A worker of the role gpu for the pool and GPUs that are named: `worker-program.ts POOL [ID …]`. */
const [, , pool = '', ...gpus] = process.argv;
try {
  await runWorker({
    roles: ['gpu'],
    pools: [pool],
    concurrency: 2,
    gpus: gpus.map(Number),
    environment: process.env,
    log: (line) => process.stdout.write(`worker: ${line}\n`),
  });
} catch (error) {
  process.stderr.write(`${(error as Error).name}: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
