import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import {
  installation,
  taskRunner,
  type RecordedRun,
  type RunArtifacts,
  type TaskStarter,
} from '@nacre/activities';
import type { ArtifactStore } from '@nacre/artifact-store';
import { taskEventSchema } from '@nacre/contracts/trainer';
import { merge } from '@nacre/stages';

import { LocalStages } from '../evaluate-truth/local-stages.mjs';

/** How long a Python task took that had next to nothing to do. */
export interface TaskStartup {
  /** Seconds from the call to the task-start event: the process is there; it imports torch only after that. */
  readonly toTaskStart: number;
  /** Seconds from the call to the result, i.e. the whole overhead. */
  readonly whole: number;
}

/**
 * Runs the task `merge` once on the adapters of a run's folds.
 *
 * @param folder is given the task's files; empty
 */
export async function taskStartup(
  starter: TaskStarter,
  {
    run,
    artifacts,
    store,
  }: { readonly run: RecordedRun; readonly artifacts: RunArtifacts; readonly store: ArtifactStore },
  folder: string,
  signal: AbortSignal,
): Promise<TaskStartup> {
  const { recipe } = run;
  const adapters: Record<string, string> = {};
  for (let fold = 0; fold < recipe.folds.count; fold += 1) {
    adapters[`adapter-${fold}`] = await artifacts.of(`student/fold-${fold}`);
  }
  const here = installation({ ...process.env, NACRE_WORK_FOLDER: folder }, 'unknown');
  const tasks = taskRunner({ installation: here, environment: process.env, onCpu: starter, onGpu: starter });
  const stages = new LocalStages({ folder, store, tasks, recipe, signal });
  const calledAt = Date.now();
  const output = await stages.run(merge, 'merge', recipe.merge, adapters);
  const whole = (Date.now() - calledAt) / 1000;
  const events = await readFile(join(dirname(output), 'task', 'events.jsonl'), 'utf8');
  const [first = ''] = events.split('\n');
  return { toTaskStart: taskEventSchema.parse(JSON.parse(first)).at - calledAt / 1000, whole };
}
