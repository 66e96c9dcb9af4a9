import { join } from 'node:path';

import { projectRoot } from '@nacre/local-stack';
import type { Command } from 'commander';

import { runDrill } from '../drill/run-drill.js';
import { UsageError } from '../usage-error.js';
import { does } from './command.js';

interface DrillOptions {
  readonly disturbances: string;
  readonly seed: string;
  readonly folder?: string;
  readonly repeat?: string;
}

/** `nacre drill`: kills, stops and ends everything in turn and compares every byte of the result. */
export function addDrill(program: Command): void {
  const command = program
    .command('drill')
    .description('disturb runs of recipes/drill.yaml on servers of its own, and compare every byte')
    .option('--disturbances <count>', 'in all, those of earlier starts in the same folder included', '20')
    .option('--seed <number>', 'decides what is disturbed and when', '1')
    .option('--folder <folder>', 'servers, nodes and drill.json (default: .nacre/drill)')
    .option('--repeat <run>', 'only this run of drill.json again, disturbed as it was');
  does<DrillOptions>(command, async ({ output, options }) => {
    const interrupted = new AbortController();
    const interrupt = () => {
      interrupted.abort();
    };
    // A second signal changes nothing: leaving at once would orphan servers and workers.
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    const settings = {
      disturbances: wholeNumber('--disturbances', options.disturbances, 1),
      seed: wholeNumber('--seed', options.seed, 0),
      folder: options.folder ?? join(projectRoot(), '.nacre', 'drill'),
      ...(options.repeat === undefined ? {} : { repeat: wholeNumber('--repeat', options.repeat, 1) }),
    };
    return runDrill(settings, output, interrupted.signal);
  });
}

function wholeNumber(option: string, text: string, least: number): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < least)
    throw new UsageError(`${option} ${text}: a whole number of at least ${String(least)}`);
  return number;
}
