/**
 * stages.lock.json: per stage kind its version and the digest of the sources that decide its bytes.
 *
 *   node --import tsx --conditions=@nacre/source tools/stage-lock.mts            checks, exit 1 when stale
 *   … --raised                         records kinds whose version was raised in their definition
 *   … --same-bytes KIND --because TEXT records a change of sources that leaves a kind's bytes as they were
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { lockFaults, lockOf, type StageLock } from './stage-lock/stage-lock.mjs';

const root = resolve(import.meta.dirname, '..');
const file = resolve(root, 'stages.lock.json');
const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    raised: { type: 'boolean' },
    'same-bytes': { type: 'string' },
    because: { type: 'string' },
  },
});

function read(): StageLock {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StageLock;
  } catch {
    return {};
  }
}

function write(lock: StageLock): void {
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}

if (values.help === true) {
  console.log(
    'tools/stage-lock.mts [--raised | --same-bytes KIND --because TEXT]: checks or records stages.lock.json',
  );
} else if (values['same-bytes'] !== undefined) {
  const kind = values['same-bytes'];
  const now = lockOf(root)[kind];
  const before = read()[kind];
  if (now === undefined || values.because === undefined) {
    console.error('name a stage kind, and say with --because why its bytes stay the same');
    process.exitCode = 2;
  } else if (before !== undefined && before.version !== now.version) {
    console.error(`${kind}: its version changed; record it with --raised`);
    process.exitCode = 2;
  } else {
    write({ ...read(), [kind]: { ...now, same_bytes: [...(before?.same_bytes ?? []), values.because] } });
  }
} else if (values.raised === true) {
  const before = read();
  const raised = Object.entries(lockOf(root)).filter(
    ([kind, { version }]) => version > (before[kind]?.version ?? 0),
  );
  write({ ...before, ...Object.fromEntries(raised) });
  console.log(raised.map(([kind, { version }]) => `${kind} ${String(version)}`).join('\n'));
} else {
  const faults = lockFaults(read(), lockOf(root));
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
