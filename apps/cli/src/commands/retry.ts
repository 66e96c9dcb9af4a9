import { DECIDE_UPDATE, type Decision } from '@nacre/contracts/run';
import type { Command } from 'commander';

import { findRun } from '../run-reference.js';
import { withSession } from '../session.js';
import { tellRun } from '../tell-run.js';
import { UsageError } from '../usage-error.js';
import { does } from './command.js';

/** `nacre retry RUN STAGE`: answers for a held stage. */
export function addRetry(program: Command): void {
  const command = program
    .command('retry')
    .description('run a held stage again, skip it with all that needs it, or abort the run')
    .argument('<run>', 'id of a run or its beginning')
    .argument('<stage>', 'name of the held stage')
    .option('--skip', 'go on without it')
    .option('--abort', 'fail the run');
  does<{ skip?: boolean; abort?: boolean }>(
    command,
    async ({ output, options, words: [reference, stage = ''] }) => {
      if (options.skip === true && options.abort === true)
        throw new UsageError('retry: either --skip or --abort');
      const action = options.skip === true ? 'skip' : options.abort === true ? 'abort' : 'retry';
      return withSession(async (session) => {
        const run = await findRun(session, reference);
        const decision: Decision = { stage, action };
        await tellRun(session, run, DECIDE_UPDATE, decision);
        output.event({ type: 'decision', workflow_id: run.workflowId, stage, action }, `${stage}: ${action}`);
        return undefined;
      });
    },
  );
}
