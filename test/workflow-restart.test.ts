import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { startedRun } from './support/drill-run.js';
import { otherBuild } from './support/other-build.js';
import { artifactOf, ScriptedPipeline, workUntilTold } from './support/scripted-pipeline.js';
import { smallRecipe } from './support/small-recipe.js';
import { tierServers } from './support/tier-servers.js';
import { until } from './support/until.js';
import { Workplace } from './support/workplace.js';

const teacher = 'teacher/teacher/fold-0';

/** The real workflow and command line; stages are played. */
let place: Workplace;
let pipeline: ScriptedPipeline;
let stops: number;
beforeAll(async () => {
  place = await Workplace.open('restart');
  pipeline = await ScriptedPipeline.open(await tierServers(), ['data', 'gpu'], place.namespace);
});
beforeEach(() => {
  pipeline.reset();
  stops = 0;
});
afterAll(async () => {
  await pipeline.close();
  await place.close();
});

/** Starts a run and waits until its teacher trains. */
async function untilTeacherTrains(name: string): Promise<string> {
  let first: string | undefined;
  pipeline.scripts.set(teacher, async (call, context) => {
    first ??= call.run.run_id;
    if (call.run.run_id !== first) return artifactOf(call);
    return workUntilTold(call, context).finally(() => {
      stops += 1;
    });
  });
  writeFileSync(join(place.folder, 'recipe.json'), JSON.stringify(smallRecipe({ name })));
  const { code, stdout } = await place.nacre('--json', 'start', 'recipe.json', '--detach');
  expect(code).toBe(0);
  await until('the teacher trains', () => pipeline.carriedOut.includes(teacher));
  return startedRun(stdout);
}

async function restart(run: string): Promise<{ readonly stderr: string; readonly done: string[] }> {
  const before = new Set(pipeline.published.keys());
  const { code, stderr } = await place.nacre('restart', run);
  expect(code).toBe(0);
  const { stages } = await place.progress(run);
  expect(stages.every(({ state }) => state === 'hit' || state === 'done')).toBe(true);
  // What had been published before the restart was found, not computed.
  expect(stages.filter(({ state }) => state === 'hit').length).toBeGreaterThanOrEqual(before.size);
  return { stderr, done: stages.filter(({ state }) => state === 'done').map(({ name }) => name) };
}

test('restart ends a run in order and starts its recipe again: what was finished is found', async () => {
  const stop = await pipeline.work('control');
  const run = await untilTeacherTrains('in-order');
  const { stderr, done } = await restart(run);
  expect(stderr).toBe('');
  expect(done).toContain(teacher);
  expect(done).not.toContain('folds');
  expect(stops).toBe(1);
  await stop();
});

test('a build that cannot follow the history of a run terminates it and starts it again; its trainer stops', async () => {
  const stop = await pipeline.work('control');
  const run = await untilTeacherTrains('upgraded');
  await stop();
  const stopOther = await pipeline.work('control', { bundle: otherBuild() });
  const { stderr, done } = await restart(run);
  expect(stderr).toMatch(
    /^this build cannot follow the history of upgraded-\w{8} \([^)]*TMPRL1100[^]+\): it was terminated\n$/,
  );
  expect(done).toContain(teacher);
  expect(done).not.toContain('folds');
  await until('the trainer of the terminated run has been told to stop', () => stops >= 1);
  const { stdout } = await place.temporal(
    'workflow',
    'list',
    '--query',
    `WorkflowId = '${run}'`,
    '-o',
    'json',
  );
  const statuses = (JSON.parse(stdout) as { status: string }[]).map(({ status }) => status).sort();
  expect(statuses).toEqual(['WORKFLOW_EXECUTION_STATUS_COMPLETED', 'WORKFLOW_EXECUTION_STATUS_TERMINATED']);
  await stopOther();
});
