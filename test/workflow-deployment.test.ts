import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { runProgram } from './support/run-program.js';
import { artifactOf, ScriptedPipeline } from './support/scripted-pipeline.js';
import { smallRecipe } from './support/small-recipe.js';
import { tierServers } from './support/tier-servers.js';
import { until } from './support/until.js';
import { root, temporalProgram } from './support/workplace.js';

let pipeline: ScriptedPipeline;
beforeAll(async () => {
  pipeline = await ScriptedPipeline.open(await tierServers(), ['data', 'gpu']);
});
afterAll(() => pipeline.close());

/** Starts a control worker of a build, as a worker controller would, and makes the build the current one. */
async function deploy(build: string): Promise<void> {
  await pipeline.work('control', {
    deployment: { TEMPORAL_DEPLOYMENT_NAME: 'nacre', TEMPORAL_WORKER_BUILD_ID: build },
  });
  const place = ['--address', pipeline.address, '--namespace', pipeline.namespace];
  const version = ['--deployment-name', 'nacre', '--build-id', build];
  const line = ['worker', 'deployment', 'set-current-version', ...version, ...place, '--yes'];
  const environment = { PATH: process.env['PATH'], HOME: '/nonexistent' };
  // The server knows the version only when its worker has polled.
  await until(
    `${build} is current`,
    async () => (await runProgram(temporalProgram, line, root, environment)).code === 0,
  );
}

/** The builds that worked on a run. */
async function buildsOf(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  const builds = (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: task }) =>
    task == null ? [] : [task.deploymentVersion?.buildId ?? 'none'],
  );
  return [...new Set(builds)];
}

test('a run stays on the build that began it when another becomes current, and a new run begins on that one', async () => {
  await deploy('b1');
  const ended = new AbortController();
  pipeline.scripts.set('teacher/teacher/fold-0', async (call, context) => {
    await until('the second run has ended', () => {
      context.heartbeat();
      return ended.signal.aborted;
    });
    return artifactOf(call);
  });
  const first = await pipeline.start(smallRecipe());
  await until('the teacher trains', () => pipeline.carriedOut.includes('teacher/teacher/fold-0'));
  await deploy('b2');
  const second = await pipeline.start(smallRecipe({ teachers: {} }));
  await second.result();
  ended.abort();
  await first.result();
  expect(await buildsOf(first)).toEqual(['b1']);
  expect(await buildsOf(second)).toEqual(['b2']);
});
