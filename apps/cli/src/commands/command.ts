import type { Command } from 'commander';

import { exitCodes, type ExitCode } from '../exit-codes.js';
import { Output } from '../output.js';

/** Gives a command its work; what the work answers is the exit code. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- like commander's own opts<T>(): who declares the options knows their types
export function does<Options extends object>(
  command: Command,
  work: (call: {
    output: Output;
    options: Options;
    words: readonly string[];
  }) => Promise<ExitCode | undefined>,
): void {
  command.action(async () => {
    const output = new Output(command.optsWithGlobals<{ json?: boolean }>().json === true);
    process.exitCode =
      (await work({ output, options: command.opts<Options>(), words: command.args })) ?? exitCodes.succeeded;
  });
}

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
