import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { startLocalStack, stopLocalStack } from '@nacre/local-stack';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

import { recordedRuns } from './recorded-runs.js';
import { ScriptedPipeline } from './scripted-pipeline.js';

/** The program behind tools/record-histories.mts. Arguments: names of runs; all of them without any. */
const wanted = process.argv.slice(2);
const root = resolve(import.meta.dirname, '../..');

const stateFolder = await mkdtemp(join(tmpdir(), 'nacre-record-'));
try {
  const stack = await startLocalStack({ stateFolder });
  const pipeline = await ScriptedPipeline.open(stack);
  try {
    for (const [name, run] of Object.entries(recordedRuns)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      pipeline.reset();
      const handle = await run(pipeline);
      const history = await handle.fetchHistory();
      // Who recorded it belongs in no repository.
      const text = JSON.stringify(JSON.parse(historyToJSON(history)))
        .replaceAll(hostname(), 'recorder')
        .replaceAll(`${root}/`, '');
      await writeFile(join(import.meta.dirname, '../histories', `${name}.json`), `${text}\n`);
      process.stdout.write(
        `${name}: ${String(history.events?.length ?? 0)} events, ${String(text.length)} bytes\n`,
      );
    }
  } finally {
    await pipeline.close();
  }
} finally {
  await stopLocalStack(stateFolder);
  await rm(stateFolder, { recursive: true, force: true });
}
