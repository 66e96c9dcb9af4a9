import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { putRunFile, type ArtifactStore } from '@nacre/artifact-store';
import type { StageCall } from '@nacre/contracts/run';

import { TASK_LOG } from './trainer/run-task.js';

/** Path of a stage's log among the readable copies of a run. */
export function stageLogPath(stage: string): string {
  return `logs/${stage.replaceAll('/', '_')}.log`;
}

/** Copies the log of a task to the run's readable files; a log that cannot be kept never fails a stage. */
export async function keepStageLog(store: ArtifactStore, call: StageCall, work: string): Promise<void> {
  try {
    const log = await readFile(join(work, TASK_LOG));
    await putRunFile(store, call.run.workflow_id, stageLogPath(call.name), log, 'text/plain; charset=utf-8');
  } catch {
    // Stages that Node computes have no log.
  }
}
