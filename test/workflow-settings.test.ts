import type { Progress } from '@nacre/contracts/run';
import { resolveRecipe, type RecipeInput } from '@nacre/contracts/recipe';
import { dryRun } from '@nacre/stages';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { scheduledActivities } from './support/recorded-events.js';
import { replayFaults } from './support/replay-faults.js';
import { artifactOf, ScriptedPipeline } from './support/scripted-pipeline.js';
import { progressOf } from './support/told-run.js';
import { smallRecipe } from './support/small-recipe.js';
import { tierServers } from './support/tier-servers.js';

let pipeline: ScriptedPipeline;
beforeAll(async () => {
  pipeline = await ScriptedPipeline.open(await tierServers());
});
beforeEach(() => pipeline.reset());
afterAll(() => pipeline.close());

const recipe = (settings: Partial<NonNullable<RecipeInput['run']>>) =>
  smallRecipe({ run: { ...smallRecipe().run, ...settings } });

const inState = ({ stages }: Progress, wanted: string) =>
  stages.filter(({ state }) => state === wanted).map(({ name }) => name);

describe('run.until', () => {
  test('computes that stage and what it needs, skips the rest and succeeds; the next run goes on from there', async () => {
    const handle = await pipeline.start(recipe({ until: 'teacher/teacher/fold-1' }));
    const { skipped, files } = (await handle.result()) as { skipped: string[]; files: string[] };
    const progress = await progressOf(handle);
    expect(progress.state).toBe('succeeded');
    const computed = inState(progress, 'done');
    expect(computed).toContain('teacher/teacher/fold-1');
    expect(computed).toContain('leak-gate');
    expect(computed.some((name) => /^(logits|student|merge)/.test(name))).toBe(false);
    expect(pipeline.carriedOut.sort()).toEqual([...computed].sort());
    expect(skipped).toEqual(inState(progress, 'skipped'));
    expect(skipped).toContain('teacher/teacher/fold-0');
    expect(progress.stages.find(({ name }) => name === 'merge')?.message).toBe(
      'after --until teacher/teacher/fold-1',
    );
    expect(files).toEqual([`runs/${handle.workflowId}/succeeded`]);

    pipeline.carriedOut.length = 0;
    const whole = await pipeline.start(smallRecipe());
    await whole.result();
    const after = await progressOf(whole);
    expect(inState(after, 'hit')).toEqual(expect.arrayContaining(computed));
    expect(inState(after, 'done')).toContain('teacher/teacher/fold-0');
    expect(inState(after, 'skipped')).toEqual([]);
  });

  test('may be the beginning of several names', async () => {
    const handle = await pipeline.start(recipe({ until: 'teacher/' }));
    await handle.result();
    expect(pipeline.carriedOut.filter((name) => name.startsWith('teacher/'))).toHaveLength(2);
    expect(pipeline.carriedOut).not.toContain('student/fold-0');
  });
});

describe('run.cache.off', () => {
  test('computes its stages without a look-up, and everything else is looked up', async () => {
    const fresh: string[] = [];
    const planned = await dryRun(resolveRecipe(smallRecipe()));
    for (const { name } of planned) {
      pipeline.scripts.set(name, (call) => {
        if (call.fresh) fresh.push(name);
        return Promise.resolve(artifactOf(call));
      });
    }
    await (await pipeline.start(smallRecipe())).result();
    expect(fresh).toEqual([]);
    pipeline.carriedOut.length = 0;

    const handle = await pipeline.start(recipe({ cache: { off: ['folds', 'logits/'] } }));
    await handle.result();
    const again = ['folds', 'logits/teacher/fold-0', 'logits/teacher/fold-1'];
    expect(pipeline.carriedOut.sort()).toEqual(again);
    expect(fresh.sort()).toEqual(again);
    const lookUps = (await scheduledActivities(handle)).filter(({ type }) => type === 'lookUpStage');
    expect(lookUps).toHaveLength(planned.length - again.length);
    expect(inState(await progressOf(handle), 'done').sort()).toEqual(again);
  });
});

test('a stage that the recipe does not have ends the run with the names that may have been meant', async () => {
  const handle = await pipeline.start(recipe({ until: 'marge', cache: { off: ['teacher/'] } }));
  await expect(handle.result()).rejects.toMatchObject({
    cause: {
      type: 'InvalidRecipe',
      message: expect.stringMatching(/^run\.until: no stage marge; near: merge, [^\n]+$/) as string,
    },
  });
});

test('every run of this file can be replayed', async () => {
  const histories = await Promise.all(
    pipeline.started.map(async (handle) => [handle.workflowId, await handle.fetchHistory()] as const),
  );
  expect(await replayFaults(Object.fromEntries(histories))).toEqual({});
});
