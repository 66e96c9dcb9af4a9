import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { stageTable } from '@nacre/stages';

import { sourceClosure } from './source-closure.mjs';

/** What is recorded of one stage kind. */
export interface StageLockEntry {
  readonly version: number;
  /** sha256 over the lines `path\0sha256\n` of its sources. */
  readonly sources: string;
  /** Why changes of the sources since the version was raised left the bytes as they were. */
  readonly same_bytes: readonly string[];
}

export type StageLock = Readonly<Record<string, StageLockEntry>>;

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** The lock that the sources under a folder would have now. */
export function lockOf(root: string): StageLock {
  return Object.fromEntries(
    stageTable.map(({ kind, version, sources }) => {
      const lines = sourceClosure(root, sources).map(
        (file) => `${file}\0${sha256(readFileSync(join(root, file)))}\n`,
      );
      return [kind, { version, sources: sha256(lines.join('')), same_bytes: [] }];
    }),
  );
}

/** What is stale in a recorded lock, one sentence each, with the remedy. */
export function lockFaults(recorded: StageLock, now: StageLock): string[] {
  const faults = Object.entries(now).flatMap(([kind, { version, sources }]) => {
    const before = recorded[kind];
    if (before === undefined || version > before.version) {
      return [
        `${kind}: version ${String(version)} is not in stages.lock.json; record it with tools/stage-lock.mts --raised`,
      ];
    }
    if (version < before.version)
      return [`${kind}: version ${String(version)} is below ${String(before.version)} in stages.lock.json`];
    if (sources === before.sources) return [];
    return [
      `${kind}: its sources changed. Raise its version in libs/stages/src/kinds/${kind.replaceAll('_', '-')}.ts and run tools/stage-lock.mts --raised, ` +
        `or, when the bytes stay the same, --same-bytes ${kind} --because '…'`,
    ];
  });
  const gone = Object.keys(recorded).filter((kind) => !(kind in now));
  return [...faults, ...gone.map((kind) => `${kind}: in stages.lock.json, but no stage kind any more`)];
}
