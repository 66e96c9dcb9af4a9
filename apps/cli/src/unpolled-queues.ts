import { CONTROL_QUEUE, DATA_QUEUE, gpuQueue, workerCommand } from '@nacre/contracts/queues';
import type { Recipe } from '@nacre/contracts/recipe';
import { pollersOf } from '@nacre/temporal-connection';

import type { Output } from './output.js';
import type { Session } from './session.js';

/** A queue and whether anybody works for it. */
export interface QueueState {
  readonly queue: string;
  readonly polled: boolean;
}

/** The queues that a recipe needs and whether they are polled. */
export async function queueStates({ temporal }: Session, recipe: Recipe): Promise<QueueState[]> {
  const { connection, namespace } = temporal;
  const queues = [CONTROL_QUEUE, DATA_QUEUE, gpuQueue(recipe.run.pools.gpu.queue)];
  return Promise.all(
    queues.map(async (queue) => {
      const { workflow, activity } = await pollersOf(connection, namespace, queue);
      return { queue, polled: (queue === CONTROL_QUEUE ? workflow : activity) > 0 };
    }),
  );
}

/** Names each needed queue that nobody polls, with the command that helps. Not an error: the run waits. */
export async function nameUnpolledQueues(session: Session, recipe: Recipe, output: Output): Promise<void> {
  for (const { queue, polled } of await queueStates(session, recipe)) {
    if (polled) continue;
    const command = workerCommand(queue);
    output.event(
      { type: 'queue-unpolled', queue, command },
      `waits: no worker polls ${queue}; start one with \`${command}\``,
    );
  }
}
