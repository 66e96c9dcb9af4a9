import { Command, CommanderError } from 'commander';

import { collect } from '../commands/command.js';
import { exitCodes } from '../exit-codes.js';
import { failureOf } from '../failure-text.js';
import { Output } from '../output.js';
import { demo, type DemoOptions } from './demo.js';

const command = new Command('npm run demo --')
  .description('the whole recipe on this machine, on the synthetic arena or on a folder of data')
  .option(
    '--data <folder>',
    'folder with train.csv, test.csv and, if there, extra.csv, ut.csv, sample_submission.csv',
  )
  .option('--set <path=value>', 'change one value of the recipe', collect)
  .option('--json', 'JSON lines instead of text', false)
  .exitOverride()
  .allowExcessArguments(false);

try {
  command.parse();
  const options = command.opts<DemoOptions & { json: boolean }>();
  process.exitCode = await demo(options, new Output(options.json));
} catch (error) {
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? exitCodes.succeeded : exitCodes.usage;
  else {
    const { text, code } = failureOf(error);
    process.stderr.write(`nacre: ${text}\n`);
    process.exitCode = code;
  }
}
