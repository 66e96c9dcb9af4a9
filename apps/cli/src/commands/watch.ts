import type { Command } from 'commander';

import { followRun } from '../follow-run.js';
import { findRun } from '../run-reference.js';
import { withSession } from '../session.js';
import { does } from './command.js';

/** `nacre watch [RUN]`: the live view; exits as the run ends. */
export function addWatch(program: Command): void {
  const command = program
    .command('watch')
    .description('watch a run until it ends or is held')
    .argument('[run]', 'id of a run or its beginning; the newest run without it');
  does(command, async ({ output, words: [reference] }) =>
    withSession(async (session) => followRun(session, await findRun(session, reference), output)),
  );
}
