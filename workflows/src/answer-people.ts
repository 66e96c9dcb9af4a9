import {
  decisionSchema,
  DECIDE_UPDATE,
  PAUSE_UPDATE,
  pauseRequestSchema,
  PROGRESS_QUERY,
  RESUME_UPDATE,
  STAGE_SIGNAL,
  stageSignalSchema,
  type Decision,
  type PauseRequest,
  type Progress,
  type StageSignal,
} from '@nacre/contracts/run';
import { defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';

import type { WorkflowRunner } from './run-stage.js';
import type { StageBoard } from './stage-board.js';

const progressQuery = defineQuery<Progress>(PROGRESS_QUERY);
const stageSignal = defineSignal<[StageSignal]>(STAGE_SIGNAL);
const decideUpdate = defineUpdate<Progress, [Decision]>(DECIDE_UPDATE);
const pauseUpdate = defineUpdate<Progress, [PauseRequest]>(PAUSE_UPDATE);
const resumeUpdate = defineUpdate<Progress>(RESUME_UPDATE);

/**
 * What the run answers: how far it is, what its activities tell of themselves, and what people decide. An
 * update that cannot be understood is refused before it enters the history.
 */
export function answerPeople(board: StageBoard, runner: WorkflowRunner, onChange: () => void): void {
  setHandler(progressQuery, () => board.progress());
  setHandler(stageSignal, (message) => {
    const parsed = stageSignalSchema.safeParse(message);
    // Anybody can send a signal; an error here would stop the run.
    if (!parsed.success || !board.has(parsed.data.name)) return;
    const { name, phase, attempt } = parsed.data;
    const { state, started_at } = board.stage(name);
    if (state !== 'queued' && state !== 'running') return;
    board.change(name, {
      state: 'running',
      attempt,
      message: phase === 'started' ? null : phase,
      started_at: started_at ?? Date.now(),
    });
    onChange();
  });
  setHandler(
    decideUpdate,
    (decision) => {
      runner.decide(decision);
      return board.progress();
    },
    {
      validator: (decision) => {
        const parsed = decisionSchema.safeParse(decision);
        if (!parsed.success) throw new Error('a decision is {stage, action: retry | skip | abort}');
        const { stage } = parsed.data;
        if (!board.has(stage)) throw new Error(`no stage ${stage} in this run`);
        const { state } = board.stage(stage);
        if (state !== 'held') throw new Error(`${stage} is ${state}; only a held stage takes a decision`);
      },
    },
  );
  setHandler(
    pauseUpdate,
    (request) => {
      runner.pause(request);
      return board.progress();
    },
    {
      validator: (request) => {
        if (!pauseRequestSchema.safeParse(request).success)
          throw new Error('a pause is {reason: text of at most 200 letters, or null}');
      },
    },
  );
  setHandler(resumeUpdate, () => {
    runner.resume();
    return board.progress();
  });
}
