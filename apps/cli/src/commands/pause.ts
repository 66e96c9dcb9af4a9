import { setTimeout as sleep } from 'node:timers/promises';

import { PAUSE_UPDATE, type PauseRequest, type Progress } from '@nacre/contracts/run';
import type { Command } from 'commander';

import { findRun, handleOf, progressOf } from '../run-reference.js';
import { withSession } from '../session.js';
import { tellRun } from '../tell-run.js';
import { does } from './command.js';

/** How often a run that has been paused is asked whether its trainers have stopped. */
const LOOK_MILLISECONDS = 500;

/** `nacre pause [RUN]`: stops what runs, after a checkpoint, and lets nothing begin until `resume`. */
export function addPause(program: Command): void {
  const command = program
    .command('pause')
    .description('stop what a run does, trainings after a checkpoint, until `resume`')
    .argument('[run]', 'id of a run or its beginning; the newest run without it')
    .option('--reason <text>', 'why, for whoever looks at the run');
  does<{ reason?: string }>(command, async ({ output, options, words: [reference] }) =>
    withSession(async (session) => {
      const run = await findRun(session, reference);
      const request: PauseRequest = { reason: options.reason ?? null };
      let progress = await tellRun(session, run, PAUSE_UPDATE, request);
      const stopping = running(progress);
      if (stopping.length > 0) output.message(`stopping ${stopping.join(', ')}`);
      while (progress.state === 'paused' && running(progress).length > 0) {
        await sleep(LOOK_MILLISECONDS);
        progress = await progressOf(handleOf(session, run));
      }
      const { state, message } = progress;
      output.event(
        { type: 'run-change', workflow_id: run.workflowId, state, message },
        `${run.workflowId} ${state}`,
      );
      return undefined;
    }),
  );
}

function running({ stages }: Progress): string[] {
  return stages.filter(({ state }) => state === 'running').map(({ name }) => name);
}
