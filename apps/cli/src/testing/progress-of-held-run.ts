import type { Progress, StageState } from '@nacre/contracts/run';

function stage(name: string, changes: Partial<StageState>): StageState {
  return {
    name,
    kind: name.split('/')[0] ?? '',
    model: null,
    fold: null,
    state: 'waiting',
    queue: 'nacre-data',
    needs: [],
    message: null,
    attempt: 0,
    started_at: null,
    ended_at: null,
    artifact: null,
    ...changes,
  };
}

/** A run in which one stage is held for a person, one is done and one waits. */
export function progressOfHeldRun(workflowId: string): Progress {
  return {
    workflow_id: workflowId,
    run_id: 'run-1',
    recipe_name: 'least',
    state: 'held',
    stages: [
      stage('prepare/train', { state: 'done', attempt: 1, started_at: 1000, ended_at: 3500 }),
      stage('folds', {
        state: 'held',
        attempt: 1,
        started_at: 4000,
        message: 'TrainerCrashed: exit code 1\nlast lines',
      }),
      stage('merge', {}),
    ],
    waits_for: [],
    message: 'folds is held',
  };
}
