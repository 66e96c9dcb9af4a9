import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { expect, test } from 'vitest';

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

test('the workflow goes the same way through every recorded history', async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const histories = Object.keys(recordedRuns).map((name) => {
    const text = readFileSync(join(folder, `${name}.json`), 'utf8');
    return [name, historyFromJSON(JSON.parse(text))] as const;
  });
  expect(await replayFaults(Object.fromEntries(histories))).toEqual({});
});
