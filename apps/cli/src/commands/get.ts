import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { installation } from '@nacre/activities';
import { fetchArtifact } from '@nacre/artifact-store';
import type { Command } from 'commander';

import { findRun } from '../run-reference.js';
import { withSession } from '../session.js';
import { stagesOfRun } from '../stages-of-run.js';
import { UsageError } from '../usage-error.js';
import { does } from './command.js';

const shortcuts = { adapter: 'merge', quantized: 'quantize' } as const;

interface GetOptions {
  readonly adapter?: boolean;
  readonly quantized?: boolean;
}

/** `nacre get RUN ARTIFACT DIR`: the verified files of an artifact, named by its stage. */
export function addGet(program: Command): void {
  const command = program
    .command('get')
    .description('copy an artifact of a run into a folder; every byte is verified')
    .argument('<run>', 'id of a run or its beginning')
    .argument(
      '<artifact-or-folder...>',
      'stage name and folder; only the folder with --adapter or --quantized',
    )
    .option('--adapter', 'the merged adapter')
    .option('--quantized', 'the 8-bit student');
  does<GetOptions>(command, async ({ output, options, words: [reference, ...rest] }) => {
    if (options.adapter === true && options.quantized === true)
      throw new UsageError('get: either --adapter or --quantized');
    const shortcut =
      options.adapter === true
        ? shortcuts.adapter
        : options.quantized === true
          ? shortcuts.quantized
          : undefined;
    const [stage, folder, ...more] = shortcut === undefined ? rest : [shortcut, ...rest];
    if (stage === undefined || folder === undefined || more.length > 0) {
      throw new UsageError(
        'get: name the run, the artifact and the folder; with --adapter or --quantized the run and the folder',
      );
    }
    return withSession(async (session) => {
      const run = await findRun(session, reference);
      const found = (await stagesOfRun(session, run)).find(({ name }) => name === stage);
      if (found?.artifact == null) {
        throw new UsageError(
          `${run.workflowId} has no artifact ${stage}; \`npx nacre ls ${run.workflowId}\` lists them`,
        );
      }
      const target = resolve(folder);
      await mkdir(target, { recursive: true });
      const { cacheFolder } = installation(session.environment, 'unknown');
      const { files } = await fetchArtifact(session.store, found.artifact.manifest_id, {
        cacheFolder,
        folder: target,
        as: 'copy',
      });
      for (const { path, size, sha256 } of files) {
        output.event(
          { type: 'file', stage, path: join(target, path), size, sha256 },
          `${sha256}  ${join(target, path)}`,
        );
      }
      return undefined;
    });
  });
}
