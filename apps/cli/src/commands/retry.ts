import { DECIDE_UPDATE, type Decision, type Progress } from '@nacre/contracts/run';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { Command } from 'commander';

import { assertControlWorker } from '../control-worker.js';
import { findRun, handleOf } from '../run-reference.js';
import { withSession } from '../session.js';
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
        if (run.status.name !== 'RUNNING') {
          throw new UsageError(
            `${run.workflowId} has ended (${run.status.name.toLowerCase()}); only an open run takes a decision`,
          );
        }
        await assertControlWorker(session, `${run.workflowId} cannot be told`);
        try {
          await handleOf(session, run).executeUpdate<Progress, [Decision]>(DECIDE_UPDATE, {
            args: [{ stage, action }],
          });
        } catch (error) {
          if (error instanceof WorkflowUpdateFailedError)
            throw new UsageError(error.cause?.message ?? error.message);
          throw error;
        }
        output.event({ type: 'decision', workflow_id: run.workflowId, stage, action }, `${stage}: ${action}`);
        return undefined;
      });
    },
  );
}
