import { resolveRecipe } from '@nacre/contracts/recipe';
import { assertStageNames, dryRun } from '@nacre/stages';
import type { Command } from 'commander';

import { exitCodes } from '../exit-codes.js';
import { followRun } from '../follow-run.js';
import { readRecipe } from '../recipe/recipe-file.js';
import { withSession } from '../session.js';
import { startRun } from '../start-run.js';
import { assertLocalSources, uploadLocalSources } from '../upload-local-sources.js';
import { collect, does } from './command.js';
import { nameUnpolledQueues } from '../unpolled-queues.js';

interface StartOptions {
  readonly set?: string[];
  readonly folds?: string;
  readonly until?: string;
  readonly rerun?: string[];
  readonly detach?: boolean;
}

/** `nacre start RECIPE`: uploads local sources, starts the run or joins the open one, watches it. */
export function addStart(program: Command): void {
  const command = program
    .command('start')
    .description('start a run, or join the open run of the same recipe, and watch it')
    .argument('<recipe>', 'recipe file')
    .option('--set <path=value>', 'change one value, e.g. folds.count=3; may be repeated', collect)
    .option('--folds <count>', 'number of folds, as --set folds.count')
    .option('--until <stage>', 'only this stage (or several: teacher/) and what it needs, as run.until')
    .option(
      '--rerun <stage>',
      'compute it again though the store has it, as run.cache.off; may be repeated',
      collect,
    )
    .option('--detach', 'do not watch');
  does<StartOptions>(command, async ({ output, options, words: [file = ''] }) => {
    const settings = [
      ...(options.set ?? []),
      ...(options.folds === undefined ? [] : [`folds.count=${options.folds}`]),
      ...(options.until === undefined ? [] : [`run.until=${JSON.stringify(options.until)}`]),
      ...(options.rerun === undefined ? [] : [`run.cache.off=${JSON.stringify(options.rerun)}`]),
    ];
    const resolved = resolveRecipe(await readRecipe(file, settings));
    assertStageNames(resolved, await dryRun(resolved));
    await assertLocalSources(resolved);
    return withSession(async (session) => {
      const recipe = await uploadLocalSources(resolved, session.store);
      const run = await startRun(session, recipe);
      const link = session.uiLink(run.workflowId);
      output.event(
        {
          type: 'run-start',
          workflow_id: run.workflowId,
          run_id: run.runId,
          attached: run.attached,
          ui: link ?? null,
        },
        [run.workflowId, link].filter(Boolean).join('  '),
      );
      if (run.attached) output.message('the run was open already; its own `run:` settings stay');
      if (options.detach !== true) return followRun(session, run, output);
      await nameUnpolledQueues(session, recipe, output);
      return exitCodes.succeeded;
    });
  });
}
