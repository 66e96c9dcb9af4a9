import { describeSource, readRegister } from '@nacre/artifact-store';
import type { ControlActivities } from '@nacre/contracts/run';
import { pollersOf, registeredSearchAttributes } from '@nacre/temporal-connection';

import { referenceTo } from './carry-out-stage.js';
import type { ActivityDependencies } from './dependencies.js';
import { toFailure } from './failure.js';
import { isHolderLive } from './holder-liveness.js';
import { heldBy } from './open-stage.js';
import { publishRun } from './publish-run.js';

/** The activities of the control queue over the store and the Temporal client of a worker. */
export function controlActivities(dependencies: ActivityDependencies): ControlActivities {
  const { store, client, namespace } = dependencies;
  return {
    lookUpStage: (call) =>
      withFailures(async () => {
        const found = await readRegister(store, call.kind, call.key);
        if (found === undefined) return null;
        const { register } = found;
        if (register.state === 'published' && register.manifest_id !== undefined) {
          return referenceTo(dependencies, register.manifest_id);
        }
        if (register.state === 'released') return null;
        const asker = { ...dependencies, ...call.run };
        if (await isHolderLive(client, asker, register.holder, register)) throw heldBy(call, register.holder);
        return null;
      }),
    describeSource: (uri) => withFailures(() => describeSource(store, uri)),
    isQueuePolled: (queue) =>
      withFailures(async () => (await pollersOf(client.connection, namespace, queue)).activity > 0),
    knownSearchAttributes: () =>
      withFailures(async () => [...(await registeredSearchAttributes(client.connection, namespace))]),
    publishRun: (recipe, progress) => withFailures(() => publishRun(dependencies, recipe, progress)),
  };
}

async function withFailures<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toFailure(error);
  }
}
