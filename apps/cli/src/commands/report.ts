import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { runFiles } from '@nacre/activities';
import type { Command } from 'commander';

import { copyRunFiles, runFolder } from '../run-copies.js';
import { findRun } from '../run-reference.js';
import { withSession } from '../session.js';
import { UsageError } from '../usage-error.js';
import { does } from './command.js';

/** `nacre report [RUN]`: brings the report to this machine and prints its path. */
export function addReport(program: Command): void {
  const command = program
    .command('report')
    .description('print the path of the report of a run')
    .argument('[run]', 'id of a run or its beginning; the newest run without it')
    .option('--open', 'open it in the browser');
  does<{ open?: boolean }>(command, async ({ output, options, words: [reference] }) =>
    withSession(async (session) => {
      const { workflowId } = await findRun(session, reference);
      const report = join(runFolder(workflowId), runFiles.report);
      if (!(await copyRunFiles(session.store, workflowId)).includes(report)) {
        throw new UsageError(`${workflowId} has no report yet; it is written when the run ends`);
      }
      output.event({ type: 'report', workflow_id: workflowId, path: report }, report);
      if (options.open === true) {
        const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
        spawn(opener, [report], { detached: true, stdio: 'ignore' })
          .on('error', () => {
            output.message(`cannot open it: there is no ${opener}`);
          })
          .unref();
      }
      return undefined;
    }),
  );
}
