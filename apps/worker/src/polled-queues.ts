import { existsSync } from 'node:fs';
import { join } from 'node:path';

import {
  controlActivities,
  repositoryFolder,
  stageActivities,
  type ActivityDependencies,
} from '@nacre/activities';
import { DoesNotFit } from '@nacre/contracts/errors';
import { CONTROL_QUEUE, DATA_QUEUE, gpuQueue } from '@nacre/contracts/queues';
import type { WorkerOptions } from '@temporalio/worker';

import type { WorkerRole } from './worker-roles.js';

/** One queue that a worker polls, and what it does for it. */
export type PolledQueue = Pick<
  WorkerOptions,
  'activities' | 'workflowBundle' | 'maxConcurrentActivityTaskExecutions'
> & {
  readonly queue: string;
  readonly role: WorkerRole;
};

/**
 * The queues of some roles; `pools` are those of the role gpu, `concurrency` its stages at a time.
 *
 * @throws DoesNotFit when the workflow bundle has not been built
 */
export function polledQueues(
  roles: readonly WorkerRole[],
  pools: readonly string[],
  concurrency: number,
  dependencies: ActivityDependencies,
): PolledQueue[] {
  return roles.flatMap((role): PolledQueue[] => {
    switch (role) {
      case 'control':
        return [
          {
            role,
            queue: CONTROL_QUEUE,
            workflowBundle: { codePath: workflowBundle() },
            activities: { ...controlActivities(dependencies) },
          },
        ];
      case 'data':
        return [
          {
            role,
            queue: DATA_QUEUE,
            activities: stageActivities(dependencies, 'cpu'),
            maxConcurrentActivityTaskExecutions: 4,
          },
        ];
      case 'gpu':
        return pools.map((pool) => ({
          role,
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
