import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { repositoryFolder } from '@nacre/activities';
import type { Command } from 'commander';

import { recognisedColumns } from '../recognised-columns.js';
import { UsageError } from '../usage-error.js';
import { does } from './command.js';

const starts = ['demo', 'columns'] as const;

/** `nacre init [DIR]`: a commented recipe, and what it recognised in the data files that lie there. */
export function addInit(program: Command): void {
  const command = program
    .command('init')
    .description('write a commented recipe.yaml into a folder')
    .argument('[folder]', 'folder; made when absent', '.')
    .option('--from <start>', `what to start from: ${starts.join(' or ')}`, 'demo');
  does<{ from: string }>(command, async ({ output, options, words: [folder = '.'] }) => {
    if (!starts.some((start) => start === options.from)) throw new UsageError(`--from ${options.from}: ${starts.join(' or ')}`);
    const target = join(resolve(folder), 'recipe.yaml');
    if (existsSync(target)) throw new UsageError(`${target} is there already; init overwrites nothing`);
    await mkdir(resolve(folder), { recursive: true });
    await copyFile(join(repositoryFolder(), 'recipes', 'start', `${options.from}.yaml`), target);
    output.event({ type: 'init', path: target }, target);
    for (const file of (await readdir(resolve(folder))).filter((name) => /\.(csv|jsonl)$/.test(name)).sort()) {
      const start = (await readFile(join(resolve(folder), file))).subarray(0, 65_536).toString('utf8');
      const columns = recognisedColumns(file, start);
      output.event({ type: 'data-file', file, ...columns }, `${file}: ${columns.says}`);
    }
    return undefined;
  });
}

