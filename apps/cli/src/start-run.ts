import { listRunFiles } from '@nacre/artifact-store';
import { workflowId, type Recipe } from '@nacre/contracts/recipe';
import { CONTROL_QUEUE } from '@nacre/contracts/queues';
import { PIPELINE_WORKFLOW } from '@nacre/contracts/run';

import type { Session } from './session.js';

/** A run that was started, or that was open already. */
export interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
  /** Whether an open run of the same recipe was joined; its `run:` settings stay. */
  readonly attached: boolean;
}

/**
 * Starts the pipeline for a resolved recipe, or joins the open run of the same recipe. Nothing is
 * started when the store does not answer: the first stage could not even be looked up.
 *
 * @throws StoreUnavailable with the remedy
 */
export async function startRun({ temporal, store }: Session, recipe: Recipe): Promise<StartedRun> {
  const id = workflowId(recipe);
  await listRunFiles(store, id);
  const { client } = temporal;
  const open = await client.workflow
    .getHandle(id)
    .describe()
    .catch(() => undefined);
  const handle = await client.workflow.start(PIPELINE_WORKFLOW, {
    taskQueue: CONTROL_QUEUE,
    workflowId: id,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [recipe],
    staticSummary: `${recipe.name}: ${String(recipe.folds.count)} folds, ${Object.keys(recipe.teachers).join(' + ') || 'no teachers'} → ${recipe.student.base}`,
  });
  const { runId } = await handle.describe();
  return { workflowId: id, runId, attached: open?.status.name === 'RUNNING' && open.runId === runId };
}
