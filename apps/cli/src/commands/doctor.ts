import { resolveRecipe } from '@nacre/contracts/recipe';
import type { Command } from 'commander';

import { installationChecks } from '../checks/installation-checks.js';
import { serviceChecks } from '../checks/service-checks.js';
import type { Check } from '../checks/check.js';
import { exitCodes } from '../exit-codes.js';
import { textTable } from '../output.js';
import { readRecipe } from '../recipe/recipe-file.js';
import { does } from './command.js';

/** `nacre doctor`: what is there, what is missing, and the remedy. */
export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('check Python, disk, servers, the store and its conditional writes, and task queues')
    .option('--recipe <file>', 'also check that the queues of this recipe are polled');
  does<{ recipe?: string }>(command, async ({ output, options }) => {
    const recipe =
      options.recipe === undefined ? undefined : resolveRecipe(await readRecipe(options.recipe, []));
    const checks: Check[] = [...(await installationChecks(process.env)), ...(await serviceChecks(recipe))];
    for (const check of checks) output.event({ type: 'check', ...check });
    if (!output.json) {
      const rows = checks.map(({ check, ok, detail, remedy }) => [
        ok ? 'ok' : 'FAULT',
        check,
        ok ? detail : `${detail.replace(/\.$/, '')}. ${remedy}`,
      ]);
      process.stdout.write(`${textTable(rows)}\n`);
    }
    if (checks.some(({ ok, service }) => !ok && service)) return exitCodes.unreachable;
    return checks.every(({ ok }) => ok) ? exitCodes.succeeded : exitCodes.failed;
  });
}
