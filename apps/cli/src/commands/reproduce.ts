import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { installation } from '@nacre/activities';
import { fetchArtifact, readManifest } from '@nacre/artifact-store';
import { resolveRecipe } from '@nacre/contracts/recipe';
import { taskRequestSchema } from '@nacre/contracts/trainer';
import { stageDefinition } from '@nacre/stages';
import type { Command } from 'commander';

import { recordedRecipe } from '../recorded-recipe.js';
import { findRun, handleOf } from '../run-reference.js';
import { withSession } from '../session.js';
import { shellQuoted } from '../shell-quoted.js';
import { stagesOfRun } from '../stages-of-run.js';
import { UsageError } from '../usage-error.js';
import { does } from './command.js';

/** `nacre reproduce RUN STAGE DIR`: everything to run a Python task by hand, under a debugger. */
export function addReproduce(program: Command): void {
  const command = program
    .command('reproduce')
    .description('lay out the inputs, request.json and command line of a finished stage')
    .argument('<run>', 'id of a run or its beginning')
    .argument('<stage>', 'stage name, e.g. teacher/llama-tiny/fold-0')
    .argument('<folder>', 'new or empty folder');
  does(command, async ({ output, words: [reference, stage = '', folder = ''] }) => {
    const target = resolve(folder);
    if ((await readdir(target).catch(() => [])).length > 0)
      throw new UsageError(`${target} is not empty; name a new folder`);
    return withSession(async (session) => {
      const run = await findRun(session, reference);
      const found = (await stagesOfRun(session, run)).find(({ name }) => name === stage);
      if (found?.artifact == null) throw new UsageError(`${run.workflowId} has no finished stage ${stage}`);
      const { kind, parameters, inputs, created_by } = await readManifest(
        session.store,
        found.artifact.manifest_id,
      );
      const task = stageDefinition(kind)?.task;
      if (task === undefined)
        throw new UsageError(`${stage} is computed by Node (${kind}), not by a Python task`);

      await mkdir(join(target, 'output'), { recursive: true });
      const here = installation(session.environment, 'unknown');
      const folders: Record<string, string> = {};
      for (const [name, manifestId] of Object.entries(inputs)) {
        folders[name] = join(target, 'inputs', name);
        await fetchArtifact(session.store, manifestId, {
          cacheFolder: here.cacheFolder,
          folder: folders[name],
        });
      }
      const recipe = resolveRecipe(await recordedRecipe(handleOf(session, run)));
      const { device, threads, micro_batch_tokens } = recipe.run.pools.gpu;
      const contents = await Promise.all(
        Object.entries(inputs).map(
          async ([name, id]) => [name, (await readManifest(session.store, id)).content_id] as const,
        ),
      );
      const request = taskRequestSchema.parse({
        nacre_request: 1,
        task,
        stage: { kind, version: created_by.stage_version, name: stage, key: created_by.stage_key },
        parameters,
        execution: { device, threads, micro_batch_tokens, ranks: 1 },
        inputs: folders,
        input_contents: Object.fromEntries(contents),
        checkpoints: null,
        output: join(target, 'output'),
        events: join(target, 'events.jsonl'),
        result: join(target, 'result.json'),
      });
      await writeFile(join(target, 'request.json'), JSON.stringify(request, null, 2));
      const line = [
        'NACRE_TASK_MODULES=nacre_quantization.tasks',
        `PYTHONPATH=${shellQuoted(here.pythonPath)}`,
        `OMP_NUM_THREADS=${String(threads)}`,
        shellQuoted(here.python),
        `-m nacre_model ${task} --request ${shellQuoted(join(target, 'request.json'))}`,
      ].join(' ');
      await writeFile(join(target, 'command.sh'), `${line}\n`);
      output.event({ type: 'reproduce', stage, folder: target, command: line }, line);
      return undefined;
    });
  });
}
