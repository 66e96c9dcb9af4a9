import { resolveRecipe } from '@nacre/contracts/recipe';
import { dryRun, nearestNames } from '@nacre/stages';
import type { Command } from 'commander';

import { recordedRecipe } from '../recorded-recipe.js';
import { findRun, handleOf } from '../run-reference.js';
import { withSession } from '../session.js';
import { UsageError } from '../usage-error.js';
import { explainStage } from '../why/explain-stage.js';
import { explanationText } from '../why/explanation-text.js';
import { recordedCalls } from '../why/recorded-calls.js';
import { does } from './command.js';

/** `nacre why RUN STAGE`: why a stage was reused or computed, field by field. */
export function addWhy(program: Command): void {
  const command = program
    .command('why')
    .description('say why a stage was reused or computed, field by field')
    .argument('<run>', 'id of a run or its beginning')
    .argument('<stage>', 'stage name, e.g. teacher/llama-tiny/fold-0');
  does(command, async ({ output, words: [reference, stage = ''] }) =>
    withSession(async (session) => {
      const run = await findRun(session, reference);
      const handle = handleOf(session, run);
      const recorded = (await recordedCalls(handle)).get(stage);
      if (recorded === undefined) {
        const planned = await dryRun(resolveRecipe(await recordedRecipe(handle)));
        throw new UsageError(
          planned.some(({ name }) => name === stage)
            ? `${run.workflowId} has not asked for ${stage}: it waits for others, or was skipped; \`npx nacre ls ${run.workflowId}\` says which`
            : `${run.workflowId} has no stage ${stage}; near: ${nearestNames(
                stage,
                planned.map(({ name }) => name),
              ).join(', ')}`,
        );
      }
      const explanation = await explainStage(session.store, recorded);
      output.event(
        { type: 'why', workflow_id: run.workflowId, ...explanation },
        explanationText(explanation),
      );
      return undefined;
    }),
  );
}
