/**
 * Writes requirements.txt and bootstrap.txt from their .in files: one resolution for every supported Python and
 * platform, a hash for every file, no registry address. Pins that still hold are kept.
 */
import { spawnSync } from 'node:child_process';
import { root } from '../setup/workspace.mjs';
import { uvProgram } from '../setup/steps.mjs';

for (const name of ['bootstrap', 'requirements']) {
  const { status } = spawnSync(
    uvProgram,
    [
      ...[
        'pip',
        'compile',
        `tools/python/${name}.in`,
        '--output-file',
        `tools/python/${name}.txt`,
        '--quiet',
      ],
      ...['--universal', '--python-version', '3.11', '--generate-hashes', '--no-emit-index-url'],
      ...['--custom-compile-command', 'npm run python:compile'],
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: 'inherit' },
  );
  if (status !== 0) process.exit(status ?? 1);
}
