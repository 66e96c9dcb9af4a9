import { nacreSearchAttributes } from '@nacre/temporal-connection';
import type { Command } from 'commander';

import { textTable } from '../output.js';
import { listRuns } from '../run-reference.js';
import { withSession } from '../session.js';
import { does } from './command.js';

/** `nacre runs`: every run, newest first. */
export function addRuns(program: Command): void {
  const command = program.command('runs').description('list the runs, newest first');
  does(command, async ({ output }) =>
    withSession(async (session) => {
      const rows = [['RUN', 'STATE', 'STARTED', 'ENDED']];
      for (const { workflowId, status, startTime, closeTime, typedSearchAttributes } of await listRuns(
        session,
      )) {
        const run = {
          workflow_id: workflowId,
          // An open run may be paused or held; only its search attribute says so, where the namespace has it.
          state:
            (status.name === 'RUNNING'
              ? typedSearchAttributes.get(nacreSearchAttributes.NacreState)
              : undefined) ?? status.name.toLowerCase(),
          started_at: startTime.toISOString(),
          ended_at: closeTime?.toISOString() ?? null,
        };
        output.event({ type: 'run', ...run });
        rows.push([run.workflow_id, run.state, run.started_at, run.ended_at ?? '']);
      }
      if (!output.json) process.stdout.write(`${textTable(rows)}\n`);
      return undefined;
    }),
  );
}
