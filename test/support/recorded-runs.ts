import type { RecipeInput } from '@nacre/contracts/recipe';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';

import { artifactOf, workUntilTold, type ScriptedPipeline } from './scripted-pipeline.js';
import { smallRecipe } from './small-recipe.js';
import { decide, pause, progressOf, resume } from './told-run.js';
import { until } from './until.js';

/** Makes a run whose history is worth replaying; resolves when it has closed. */
export type RecordedRun = (pipeline: ScriptedPipeline) => Promise<WorkflowHandle>;

const stage = 'student/fold-1';
/** The smallest run that can be held and skipped: two students and no teacher. */
const recipe: RecipeInput = smallRecipe({ name: 'recorded', models: pick('pupil'), teachers: {} });

/** The runs in test/histories, by the name of their file. */
export const recordedRuns: Readonly<Record<string, RecordedRun>> = {
  finished: async (pipeline) => closed(await pipeline.start(recipe)),

  'all-hits': async (pipeline) => {
    pipeline.lookUp = (call) => Promise.resolve(artifactOf(call));
    return closed(await pipeline.start(recipe));
  },

  failed: async (pipeline) => {
    pipeline.scripts.set('prepare/test', () => {
      throw ApplicationFailure.nonRetryable('test, row 4, column prompt: not JSON', 'InvalidData');
    });
    return closed(await pipeline.start(recipe));
  },

  retried: async (pipeline) => {
    breakOnce(pipeline);
    const handle = await pipeline.start(recipe);
    await held(handle);
    await decide(handle, { stage, action: 'retry' });
    return closed(handle);
  },

  skipped: async (pipeline) => {
    breakOnce(pipeline);
    const handle = await pipeline.start(recipe);
    await held(handle);
    await decide(handle, { stage, action: 'skip' });
    return closed(handle);
  },

  cancelled: async (pipeline) => {
    pipeline.scripts.set(stage, workUntilTold);
    const handle = await pipeline.start(recipe);
    await until('the student runs', () => pipeline.carriedOut.includes(stage));
    await handle.cancel();
    return closed(handle);
  },

  ladder: async (pipeline) => {
    for (const name of ['student/fold-0', stage]) {
      pipeline.scripts.set(name, (call) => {
        if (call.execution.rung > 1) return Promise.resolve(artifactOf(call));
        throw ApplicationFailure.nonRetryable('CUDA out of memory', 'OutOfMemory');
      });
    }
    return closed(await pipeline.start(recipe));
  },

  'paused-and-resumed': async (pipeline) => {
    let first = true;
    pipeline.scripts.set(stage, (call, context) => {
      if (!first) return Promise.resolve(artifactOf(call));
      first = false;
      return workUntilTold(call, context);
    });
    const handle = await pipeline.start(recipe);
    await until('the student runs', () => pipeline.carriedOut.includes(stage));
    await pause(handle, 'the node is needed');
    await until('the student has stopped', async () =>
      (await progressOf(handle)).stages.some(({ state }) => state === 'paused'),
    );
    await resume(handle);
    return closed(handle);
  },
};

function breakOnce(pipeline: ScriptedPipeline): void {
  let broken = true;
  pipeline.scripts.set(stage, (call) => {
    if (!broken) return Promise.resolve(artifactOf(call));
    broken = false;
    throw ApplicationFailure.nonRetryable('exit code 1', 'TrainerCrashed');
  });
}

function held(handle: WorkflowHandle): Promise<unknown> {
  return until('the run is held', async () => (await progressOf(handle)).state === 'held');
}

async function closed(handle: WorkflowHandle): Promise<WorkflowHandle> {
  await handle.result().catch(() => undefined);
  return handle;
}

function pick(name: string): RecipeInput['models'] {
  return Object.fromEntries(Object.entries(smallRecipe().models).filter(([model]) => model === name));
}
