import { Command, CommanderError } from 'commander';

import { addCommands } from './commands/index.js';
import { exitCodes } from './exit-codes.js';
import { failureOf } from './failure-text.js';

const exitCodeHelp = `
Exit codes: 0 succeeded, 1 the run failed, 2 recipe or usage, 3 held for a person, 4 Temporal, S3 or a
worker unreachable, 5 cancelled, 130 interrupted (the run goes on). Data goes to stdout, words to stderr.`;

/** The whole command line, without its execution. */
export function nacreProgram(): Command {
  const program = new Command('nacre')
    .description('Durable teacher-to-student distillation of preference models')
    .version('0.1.0')
    .option('--json', 'JSON lines instead of text', false)
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', exitCodeHelp)
    .exitOverride()
    .showSuggestionAfterError();
  addCommands(program);
  return program;
}

/** Carries out one command, given as the words after `nacre`; its exit code is left in process.exitCode. */
export async function runNacre(words: readonly string[]): Promise<void> {
  try {
    await nacreProgram().parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exitCodes.succeeded : exitCodes.usage;
      return;
    }
    const { text, code } = failureOf(error);
    process.stderr.write(`nacre: ${text}\n`);
    process.exitCode = code;
  }
}
