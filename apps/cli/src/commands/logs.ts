import { stageLogPath } from '@nacre/activities';
import { getRunFile } from '@nacre/artifact-store';
import type { Command } from 'commander';

import { exitCodes } from '../exit-codes.js';
import { findRun, handleOf } from '../run-reference.js';
import { withSession } from '../session.js';
import { UsageError } from '../usage-error.js';
import { does } from './command.js';

const FOLLOW_MILLISECONDS = 2000;

/** `nacre logs RUN STAGE`: the log of the newest ended attempt of a stage. */
export function addLogs(program: Command): void {
  const command = program
    .command('logs')
    .description('print the log of a stage, as of its newest ended attempt')
    .argument('<run>', 'id of a run or its beginning')
    .argument('<stage>', 'stage name, e.g. teacher/llama-tiny/fold-0')
    .option('--follow', 'wait until there is one, and for further attempts');
  does<{ follow?: boolean }>(command, async ({ output, options, words: [reference, stage = ''] }) =>
    withSession(async (session) => {
      const run = await findRun(session, reference);
      const { workflowId } = run;
      let shown = '';
      for (;;) {
        const ended = (await handleOf(session, run).describe()).status.name !== 'RUNNING';
        const log = (await getRunFile(session.store, workflowId, stageLogPath(stage)))?.toString('utf8');
        if (log !== undefined && log !== shown) {
          const text = log.startsWith(shown) ? log.slice(shown.length) : log;
          output.event({ type: 'log', stage, text }, text.replace(/\n$/, ''));
        }
        shown = log ?? shown;
        if (options.follow !== true || ended) {
          if (log !== undefined) return exitCodes.succeeded;
          throw new UsageError(
            `${workflowId} has no log of ${stage}: there is no such stage, it has not ended yet, was a hit, or is computed without a task; \`npx nacre ls ${workflowId}\` names the stages`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, FOLLOW_MILLISECONDS));
      }
    }),
  );
}
