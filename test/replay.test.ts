import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';

import { recordedRuns } from './support/recorded-runs.js';
import { root } from './support/workplace.js';

const folder = join(import.meta.dirname, 'histories');

test('every recorded run is there', () => {
  expect(readdirSync(folder).sort()).toEqual(
    Object.keys(recordedRuns)
      .map((name) => `${name}.json`)
      .sort(),
  );
});

test('the workflow goes the same way through every recorded history', async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const histories = Object.keys(recordedRuns).map((name) => ({
    workflowId: name,
    history: historyFromJSON(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))),
  }));
  const outcomes = Worker.runReplayHistories(
    { workflowBundle: { codePath: join(root, '.nacre/build/workflow-bundle.js') }, replayName: 'recorded' },
    histories,
  );
  const faults: Record<string, string | undefined> = {};
  for await (const { workflowId, error } of outcomes) faults[workflowId] = error?.message;
  expect(faults).toEqual(Object.fromEntries(histories.map(({ workflowId }) => [workflowId, undefined])));
});
