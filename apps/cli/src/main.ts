import { NacreError } from '@nacre/contracts/errors';
import { Command, CommanderError } from 'commander';

import { addCommands } from './commands/index.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';

const program = new Command('nacre')
  .description('Durable teacher-to-student distillation of preference models')
  .version('0.1.0')
  .option('--json', 'JSON lines instead of text', false)
  .exitOverride()
  .showSuggestionAfterError();
addCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.succeeded : exitCodes.usage;
  } else {
    // What Nacre raises on purpose speaks for itself; anything else is a bug, and its stack helps.
    const text = error instanceof NacreError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`nacre: ${text}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
