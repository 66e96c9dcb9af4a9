import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { repositoryFolder } from '@nacre/activities';
import type { Command } from 'commander';

import { recognisedColumns } from '../recognised-columns.js';
import { UsageError } from '../usage-error.js';
import { does } from './command.js';

const START_BYTES = 65_536;
const starts = ['demo', 'columns'] as const;

/** `nacre init [DIR]`: a commented recipe, and what it recognised in the data files that lie there. */
export function addInit(program: Command): void {
  const command = program
    .command('init')
    .description('write a commented recipe.yaml into a folder')
    .argument('[folder]', 'folder; made when absent', '.')
    .option('--from <start>', `what to start from: ${starts.join(' or ')}`, 'demo');
  does<{ from: string }>(command, async ({ output, options, words: [folder = '.'] }) => {
    if (!starts.some((start) => start === options.from))
      throw new UsageError(`--from ${options.from}: ${starts.join(' or ')}`);
    const target = join(resolve(folder), 'recipe.yaml');
    if (existsSync(target)) throw new UsageError(`${target} is there already; init overwrites nothing`);
    await mkdir(resolve(folder), { recursive: true }).catch((error: unknown) => {
      throw new UsageError(
        `${resolve(folder)} cannot be made: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
    await writeFile(target, await startingRecipe(options.from), { flag: 'wx' });
    output.event({ type: 'init', path: target }, target);
    for (const file of (await readdir(resolve(folder)))
      .filter((name) => /\.(csv|jsonl|ndjson|parquet|pq)$/.test(name))
      .sort()) {
      const columns = recognisedColumns(file, await startOf(join(resolve(folder), file)));
      output.event({ type: 'data-file', file, ...columns }, `${file}: ${columns.says}`);
    }
    return undefined;
  });
}

/** The commented recipe, with the schema for editors named where this installation has it. */
async function startingRecipe(start: string): Promise<string> {
  const repository = repositoryFolder();
  const text = await readFile(join(repository, 'recipes', 'start', `${start}.yaml`), 'utf8');
  return text.replace(
    '$schema=docs/recipe.schema.json',
    `$schema=${join(repository, 'docs', 'recipe.schema.json')}`,
  );
}

/** The beginning of a file that may be very large. */
async function startOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
