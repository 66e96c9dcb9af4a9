import { RESUME_UPDATE } from '@nacre/contracts/run';
import type { Command } from 'commander';

import { findRun } from '../run-reference.js';
import { withSession } from '../session.js';
import { tellRun } from '../tell-run.js';
import { does } from './command.js';

/** `nacre resume [RUN]`: a paused run goes on, each training at its newest checkpoint. */
export function addResume(program: Command): void {
  const command = program
    .command('resume')
    .description('let a paused run go on')
    .argument('[run]', 'id of a run or its beginning; the newest run without it');
  does(command, async ({ output, words: [reference] }) =>
    withSession(async (session) => {
      const run = await findRun(session, reference);
      const { state, message } = await tellRun(session, run, RESUME_UPDATE);
      output.event(
        { type: 'run-change', workflow_id: run.workflowId, state, message },
        `${run.workflowId} ${state}`,
      );
      return undefined;
    }),
  );
}
