import type { Command } from 'commander';

import { cancelRun } from '../cancel-run.js';
import { exitCodes } from '../exit-codes.js';
import { followRun } from '../follow-run.js';
import { recipeOfRestart } from '../recipe-of-restart.js';
import { recordedRecipe } from '../recorded-recipe.js';
import { findRun, handleOf } from '../run-reference.js';
import { withSession } from '../session.js';
import { startRun } from '../start-run.js';
import { recordedCalls } from '../why/recorded-calls.js';
import { does } from './command.js';

/**
 * `nacre restart [RUN]`: cancels it and starts its recorded recipe on the current build. Finished stages are hits, a
 * training goes on at its newest checkpoint: this is how a run is upgraded.
 */
export function addRestart(program: Command): void {
  const command = program
    .command('restart')
    .description('cancel a run and start its recorded recipe again on the current build')
    .argument('[run]', 'id of a run or its beginning; the newest run without it')
    .option('--detach', 'do not watch');
  does<{ detach?: boolean }>(command, async ({ output, options, words: [reference] }) =>
    withSession(async (session) => {
      const run = await findRun(session, reference);
      const handle = handleOf(session, run);
      const recorded = await recordedRecipe(handle);
      // Refused before anything is ended, where this build cannot obey the recipe.
      await recipeOfRestart(recorded, new Set());
      const { terminated } = await cancelRun(session, run);
      if (terminated !== null) {
        output.message(
          `this build cannot follow the history of ${run.workflowId} (${terminated}): it was terminated`,
        );
      }
      const computed = [...(await recordedCalls(handle)).values()].filter(
        ({ call, made }) => call.fresh && made,
      );
      const recipe = await recipeOfRestart(recorded, new Set(computed.map(({ call }) => call.name)));
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
