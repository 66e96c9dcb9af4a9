import type { Command } from 'commander';

import { findRun } from '../run-reference.js';
import { withSession } from '../session.js';
import { watchRun } from '../watch-run.js';
import { does } from './command.js';

/** `nacre watch [RUN]`: the live view; exits as the run ends. */
export function addWatch(program: Command): void {
  const command = program.command('watch').description('watch a run until it ends or is held').argument('[run]', 'id or prefix');
  does(command, async ({ output, words: [reference] }) =>
    withSession(async (session) => watchRun(session, await findRun(session, reference), output)),
  );
}
