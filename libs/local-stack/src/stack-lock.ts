import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StackBusy, StateFolderUnusable } from './errors.js';
import { processIdentity } from './process-identity.js';
import type { ProcessRecord } from './stack-state.js';

const PATIENCE_MS = 60_000;

/**
 * Runs `action` while no other process starts or stops the same stack. A lock whose owner has died
 * is taken over.
 * @throws StackBusy after a minute of waiting
 */
export async function withStackLock<T>(stateFolder: string, action: () => Promise<T>): Promise<T> {
  const file = join(stateFolder, 'stack.lock');
  const deadline = performance.now() + PATIENCE_MS;
  while (!tryCreate(file, stateFolder)) {
    const holder = readHolder(file);
    if (holder === undefined) continue;
    if (processIdentity(holder.pid) !== holder.identity) {
      rmSync(file, { force: true });
    } else if (performance.now() > deadline) {
      throw new StackBusy(stateFolder, holder.pid);
    } else {
      await sleep(50);
    }
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

let attempts = 0;

// Linking a finished file makes the lock appear with its content: no reader ever sees it empty.
function tryCreate(file: string, stateFolder: string): boolean {
  attempts += 1;
  const beside = `${file}.${process.pid}-${attempts}`;
  const me = { pid: process.pid, identity: processIdentity(process.pid) ?? '' };
  try {
    writeFileSync(beside, JSON.stringify(me satisfies ProcessRecord), { mode: 0o600 });
    linkSync(beside, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StateFolderUnusable(stateFolder, reason, { cause: error });
  } finally {
    rmSync(beside, { force: true });
  }
}

function readHolder(file: string): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessRecord;
  } catch {
    return undefined;
  }
}
