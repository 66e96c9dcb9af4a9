import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  controlActivities,
  installation,
  stageActivities,
  type ActivityDependencies,
} from '@nacre/activities';
import {
  describeSource,
  storeFromEnvironment,
  uploadSource,
  type ArtifactStore,
} from '@nacre/artifact-store';
import { CONTROL_QUEUE, DATA_QUEUE } from '@nacre/contracts/queues';
import { resolveRecipe } from '@nacre/contracts/recipe';
import type { SourceDescription } from '@nacre/contracts/run';
import { connectClient, connectWorker } from '@nacre/temporal-connection';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';

import { Workplace } from '../measure-startup/workplace.mjs';

/** Seconds that each chain of stages took. */
export interface StageFigures {
  readonly made: readonly number[];
  readonly found: readonly number[];
}

/** Each of `runs` times: `count` new stages one after the other, and the same again; after one that warms up. */
export async function measureStages(count: number, runs: number): Promise<StageFigures> {
  const workplace = await Workplace.open();
  try {
    const environment = await workplace.connected();
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const store = storeFromEnvironment(environment);
    const [{ connection, address, namespace }, temporal] = await Promise.all([
      connectWorker(environment),
      connectClient(environment),
    ]);
    const dependencies: ActivityDependencies = {
      store,
      client: temporal.client,
      address,
      namespace,
      worker: 'measure-stages',
      installation: installation(environment, 'unknown'),
      tasks: () => Promise.reject(new Error('no stage of the chain is a Python task')),
      devices: null,
      onDeviceFault: () => undefined,
    };
    const workers = await Promise.all([
      Worker.create({
        connection,
        namespace,
        taskQueue: CONTROL_QUEUE,
        workflowBundle: await chainBundle(),
        activities: { ...controlActivities(dependencies) },
      }),
      Worker.create({
        connection,
        namespace,
        taskQueue: DATA_QUEUE,
        activities: stageActivities(dependencies, 'cpu'),
      }),
    ]);
    const running = Promise.all(workers.map((worker) => worker.run()));
    const timed = async (sources: readonly SourceDescription[]): Promise<number> => {
      const started = performance.now();
      await temporal.client.workflow.execute('chain', {
        taskQueue: CONTROL_QUEUE,
        workflowId: `chain-${randomUUID()}`,
        args: [recipe, sources],
      });
      return (performance.now() - started) / 1000;
    };
    const made: number[] = [];
    const found: number[] = [];
    for (let run = 0; run <= runs; run += 1) {
      const sources = await newSources(store, workplace.folder, count);
      const times = [await timed(sources), await timed(sources)] as const;
      if (run === 0) continue; // Connections, caches and compiled code are cold once.
      made.push(times[0]);
      found.push(times[1]);
    }
    for (const worker of workers) worker.shutdown();
    await running;
    await temporal.close();
    await connection.close();
    return { made, found };
  } finally {
    await workplace.close();
  }
}

const recipe = resolveRecipe({
  nacre: 1,
  name: 'chain',
  data: {
    train: { synthetic: { rows: 8, seed: 1 }, use: 'train' },
    test: { synthetic: { rows: 8, seed: 2 }, use: 'test' },
  },
  models: { tiny: { tiny: { family: 'llama', seed: 1 } } },
  teachers: {},
  student: { base: 'tiny' },
});

async function newSources(store: ArtifactStore, folder: string, count: number): Promise<SourceDescription[]> {
  const sources: SourceDescription[] = [];
  for (let index = 0; index < count; index += 1) {
    const file = join(folder, 'source.bin');
    await writeFile(file, randomBytes(1024));
    sources.push(await describeSource(store, await uploadSource(store, file)));
  }
  return sources;
}

function chainBundle(): ReturnType<typeof bundleWorkflowCode> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('chain.workflow.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: (config) => ({
      ...config,
      resolve: {
        ...config.resolve,
        conditionNames: ['@nacre/source', 'import', 'require', 'node', 'default'],
      },
    }),
  });
}
