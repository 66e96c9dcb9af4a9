import type { RecipeInput } from '@nacre/contracts/recipe';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';

import { artifactOf, decide, progressOf, type ScriptedPipeline } from './scripted-pipeline.js';
import { smallRecipe } from './small-recipe.js';
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
    pipeline.scripts.set(stage, async (_call, context) => {
      const beat = setInterval(() => {
        context.heartbeat();
      }, 100);
      return context.cancelled.finally(() => {
        clearInterval(beat);
      });
    });
    const handle = await pipeline.start(recipe);
    await until('the student runs', () => pipeline.carriedOut.includes(stage));
    await handle.cancel();
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
