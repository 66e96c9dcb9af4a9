import { environmentFor, startLocalStack, stopLocalStack } from '@nacre/local-stack';
import type { Command } from 'commander';

import { UsageError } from '../usage-error.js';
import { binaryFolder } from '../binary-folder.js';
import { does } from './command.js';

interface DevOptions {
  readonly port?: string;
}

/** `nacre dev` and `nacre dev stop`: the embedded servers on this machine. */
export function addDev(program: Command): void {
  const dev = program
    .command('dev')
    .description('start the embedded Temporal and S3 servers and print the settings for your shell')
    .option('--port <port>', 'port of the Temporal server');
  does<DevOptions>(dev, async ({ output, options }) => {
    const stack = await startLocalStack({
      binaryFolder: binaryFolder(),
      ...(options.port === undefined ? {} : { ports: { temporal: portOf(options.port) } }),
      log: (line) => {
        output.message(line);
      },
    });
    const variables = environmentFor(stack);
    output.event({
      type: 'dev',
      ui: stack.temporal.uiUrl,
      temporal: stack.temporal.address,
      s3: stack.s3.endpoint,
    });
    if (output.json) return undefined;
    output.message(`Temporal UI  ${stack.temporal.uiUrl}`);
    output.message(`Temporal     ${stack.temporal.address}`);
    output.message(`S3           ${stack.s3.endpoint}, bucket ${stack.s3.bucket}`);
    output.message('Stop them with `npx nacre dev stop`. For other programs of your shell:');
    for (const [name, value] of Object.entries(variables))
      process.stdout.write(`export ${name}='${value}'\n`);
    return undefined;
  });
  const stop = dev.command('stop').description('stop the embedded servers; their data stays');
  does(stop, async ({ output }) => {
    const stopped = await stopLocalStack();
    output.event(
      { type: 'dev-stop', stopped },
      stopped.length > 0 ? `stopped: ${stopped.join(', ')}` : 'no embedded servers were running',
    );
    return undefined;
  });
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UsageError(`--port ${text}: a whole number from 1 to 65535`);
  return port;
}
