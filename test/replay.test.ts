import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { historyFromJSON, type History } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { expect, test } from 'vitest';

import { otherBuild } from './support/other-build.js';
import { recordedRuns } from './support/recorded-runs.js';
import { replayFaults } from './support/replay-faults.js';

const folder = join(import.meta.dirname, 'histories');

test('every recorded run is there', () => {
  expect(readdirSync(folder).sort()).toEqual(
    Object.keys(recordedRuns)
      .map((name) => `${name}.json`)
      .sort(),
  );
});

function histories(): Record<string, History> {
  return Object.fromEntries(
    Object.keys(recordedRuns).map((name) => [
      name,
      historyFromJSON(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))),
    ]),
  );
}

test('the workflow goes the same way through every recorded history', async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  expect(await replayFaults(histories())).toEqual({});
});

test('a workflow that goes another way is noticed in every one of them', async () => {
  const faults = await replayFaults(histories(), otherBuild());
  expect(Object.keys(faults).sort()).toEqual(Object.keys(recordedRuns).sort());
  for (const fault of Object.values(faults)) expect(fault).toContain('[TMPRL1100] Nondeterminism error');
});
