import type { ArtifactReference } from '@nacre/contracts/artifact';
import type { StageCall } from '@nacre/contracts/run';
import { stageTable } from '@nacre/stages';

import { carryOutStage } from './carry-out-stage.js';
import type { ActivityDependencies } from './dependencies.js';

/** The activities of the data and GPU queues: one per stage kind of the pool, named like the kind. */
export function stageActivities(
  dependencies: ActivityDependencies,
  pool: 'cpu' | 'gpu',
): Record<string, (call: StageCall) => Promise<ArtifactReference>> {
  return Object.fromEntries(
    stageTable
      .filter((definition) => definition.pool === pool)
      .map(({ kind }) => [kind, (call: StageCall) => carryOutStage(call, dependencies)]),
  );
}
