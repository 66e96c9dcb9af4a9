/**
 * Records the histories that test/replay.test.ts replays: `node --import tsx tools/record-histories.mts [NAME …]`.
 * Starts servers of its own, makes each run of test/support/recorded-runs.ts on them with the built workflow bundle,
 * and writes test/histories/NAME.json. Run it after a change of the workflow that is meant for new runs only; a change
 * that open runs must survive has to pass with the old files.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' } },
  allowPositionals: true,
});
if (values.help === true) {
  console.log(
    'node --import tsx tools/record-histories.mts [NAME …]: records test/histories anew, all or by name.',
  );
} else {
  const program = join(import.meta.dirname, '../test/support/record-histories.ts');
  const words = ['--import', 'tsx', '--conditions=@nacre/source', program, ...positionals];
  process.exitCode = spawnSync(process.execPath, words, { stdio: 'inherit' }).status ?? 1;
}
