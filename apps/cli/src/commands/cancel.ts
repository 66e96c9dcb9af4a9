import type { Command } from 'commander';

import { cancelRun } from '../cancel-run.js';
import { exitCodes } from '../exit-codes.js';
import { findRun, handleOf } from '../run-reference.js';
import { withSession } from '../session.js';
import { does } from './command.js';

/** `nacre cancel [RUN]`: stops trainers at a step boundary and ends the run; what is finished stays. */
export function addCancel(program: Command): void {
  const command = program
    .command('cancel')
    .description('end a run; what is finished stays')
    .argument('[run]', 'id of a run or its beginning; the newest run without it');
  does(command, async ({ output, words: [reference] }) =>
    withSession(async (session) => {
      const run = await findRun(session, reference);
      const { terminated } = await cancelRun(session, run);
      if (terminated !== null) {
        output.message(
          `this build cannot follow the history of ${run.workflowId} (${terminated}): it was terminated`,
        );
      }
      const { status } = await handleOf(session, run).describe();
      output.event(
        { type: 'run-end', workflow_id: run.workflowId, state: status.name.toLowerCase() },
        `${run.workflowId} ${status.name.toLowerCase()}`,
      );
      return exitCodes.succeeded;
    }),
  );
}
