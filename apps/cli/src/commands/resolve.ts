import { resolveRecipe } from '@nacre/contracts/recipe';
import type { Command } from 'commander';

import { readRecipe } from '../recipe/recipe-file.js';
import { openSession } from '../session.js';
import { assertLocalSources, localSources, uploadLocalSources } from '../upload-local-sources.js';
import { collect, does } from './command.js';

/** `nacre resolve RECIPE`: the resolved recipe as JSON, for `temporal workflow start --input-file`. */
export function addResolve(program: Command): void {
  const command = program
    .command('resolve')
    .description(
      'print the resolved recipe as JSON, local files uploaded, for `temporal workflow start --input-file`',
    )
    .argument('<recipe>', 'recipe file')
    .option('--set <path=value>', 'change one value, e.g. folds.count=3; may be repeated', collect);
  does<{ set?: string[] }>(command, async ({ output, options, words: [file = ''] }) => {
    let recipe = resolveRecipe(await readRecipe(file, options.set ?? []));
    if (localSources(recipe).length > 0) {
      await assertLocalSources(recipe);
      const session = await openSession();
      try {
        recipe = await uploadLocalSources(recipe, session.store);
      } finally {
        await session.close();
      }
    }
    process.stdout.write(`${JSON.stringify(recipe, null, output.json ? undefined : 2)}\n`);
    return undefined;
  });
}
