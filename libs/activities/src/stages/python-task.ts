import type { StageDefinition } from '@nacre/stages';

import type { StageImplementation } from '../stage-context.js';

/** The implementation of every stage kind that a Python task computes. */
export function pythonTask(definition: StageDefinition): StageImplementation {
  const { task } = definition;
  if (task === undefined) throw new RangeError(`${definition.kind} names no Python task`);
  return (context) => context.tasks(task, context);
}
