/**
 * docs/recipe.md and docs/recipe.schema.json, from the recipe's zod schema.
 *
 *   node --import tsx --conditions=@nacre/source tools/export-recipe-reference.mts
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { recipeSchema } from '@nacre/contracts/recipe';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';

import { editorSchema } from './recipe-reference/editor-schema.mjs';
import type { JsonSchema } from './recipe-reference/json-schema.mjs';
import { recipeReference } from './recipe-reference/recipe-reference.mjs';

const root = resolve(import.meta.dirname, '..');

/** The text of each exported file by its path from the root. */
export async function exportedReference(): Promise<Record<string, string>> {
  const contract = z.toJSONSchema(recipeSchema, { io: 'input', reused: 'inline' }) as JsonSchema;
  const options = await resolveConfig(resolve(root, 'docs/recipe.schema.json'));
  return {
    'docs/recipe.md': recipeReference(contract),
    'docs/recipe.schema.json': await format(JSON.stringify(editorSchema(contract)), {
      ...options,
      parser: 'json',
    }),
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help === true) {
    console.log('tools/export-recipe-reference.mts: writes docs/recipe.md and docs/recipe.schema.json');
    return;
  }
  for (const [path, text] of Object.entries(await exportedReference())) {
    writeFileSync(resolve(root, path), text);
    console.log(path);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
