import { resolveRecipe } from '@nacre/contracts/recipe';
import type { Command } from 'commander';

import { cancelRun } from '../cancel-run.js';
import { exitCodes } from '../exit-codes.js';
import { followRun } from '../follow-run.js';
import { recordedRecipe } from '../recorded-recipe.js';
import { findRun, handleOf } from '../run-reference.js';
import { withSession } from '../session.js';
import { startRun } from '../start-run.js';
import { does } from './command.js';

/** `nacre restart [RUN]`: cancels it and starts its recorded recipe on the current build; finished stages are hits. */
export function addRestart(program: Command): void {
  const command = program
    .command('restart')
    .description('cancel a run and start its recorded recipe again on the current build')
    .argument('[run]', 'id of a run or its beginning; the newest run without it')
    .option('--detach', 'do not watch');
  does<{ detach?: boolean }>(command, async ({ output, options, words: [reference] }) =>
    withSession(async (session) => {
      const run = await findRun(session, reference);
      const recipe = resolveRecipe(await recordedRecipe(handleOf(session, run)));
      await cancelRun(session, run);
      const started = await startRun(session, recipe);
      output.event(
        {
          type: 'run-start',
          workflow_id: started.workflowId,
          run_id: started.runId,
          attached: started.attached,
        },
        started.workflowId,
      );
      return options.detach === true ? exitCodes.succeeded : followRun(session, started, output);
    }),
  );
}
