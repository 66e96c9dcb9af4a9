import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BinaryMissing, ServerDiedAtStart } from './errors.js';
import { processIdentity } from './process-identity.js';
import { dataFolderOf } from './server-binary.js';
import type { ServerDefinition } from './server-definition.js';
import type { ProcessRecord, StackState } from './stack-state.js';

const START_PATIENCE_MS = 30_000;
const POLL_MS = 25;
const QUOTED_LOG_LINES = 8;
const QUOTED_LOG_BYTES = 4096;

/** A server that was spawned and may not answer yet. */
export interface SpawnedServer {
  readonly record: ProcessRecord;
  /**
   * Resolves when the server answers.
   * @throws ServerDiedAtStart with the last lines of its log
   */
  untilUsable(): Promise<void>;
}

/**
 * Spawns a server as the leader of its own process group, with its output in a log file and an
 * environment that holds nothing of the user's: it outlives this process and every terminal signal.
 */
export function spawnServer(
  definition: ServerDefinition,
  binary: string,
  state: StackState,
  stateFolder: string,
): SpawnedServer {
  const dataFolder = dataFolderOf(stateFolder, definition);
  const logFile = logFileOf(stateFolder, definition);
  const log = openSync(logFile, 'a', 0o600);
  const logStart = statSync(logFile).size;
  const child = spawn(binary, definition.arguments(state, dataFolder), {
    // A home of its own keeps both servers from reading the user's configuration files.
    env: { PATH: process.env['PATH'], HOME: dataFolder, ...definition.environment(state) },
    cwd: dataFolder,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = endOf(child);
  if (child.pid === undefined) throw new BinaryMissing(binary, definition.replacedBy);
  child.unref();
  return {
    record: { pid: child.pid, identity: processIdentity(child.pid) ?? '' },
    untilUsable: async () => {
      const deadline = performance.now() + START_PATIENCE_MS;
      while (!(await definition.becomesUsable(state))) {
        const end = ended();
        const late = performance.now() > deadline;
        if (end !== undefined || late) {
          const reason = end ?? `did not answer within ${START_PATIENCE_MS / 1000} s`;
          const lines = lastLines(logFile, logStart);
          throw new ServerDiedAtStart(definition.name, reason, logFile, lines);
        }
        await sleep(POLL_MS);
      }
    },
  };
}

/** Whether the recorded process runs: same pid and same start time. */
export function isRunning(record: ProcessRecord | undefined): record is ProcessRecord {
  return record !== undefined && processIdentity(record.pid) === record.identity;
}

/**
 * Ends a server's process group: SIGTERM, and SIGKILL once its grace is over. A process that only
 * shares the pid is left alone.
 */
export async function stopServer(
  record: ProcessRecord,
  { graceMilliseconds }: Pick<ServerDefinition, 'graceMilliseconds'>,
): Promise<void> {
  if (!isRunning(record)) return;
  signalGroup(record.pid, 'SIGTERM');
  const deadline = performance.now() + graceMilliseconds;
  while (isRunning(record)) {
    if (performance.now() > deadline) signalGroup(record.pid, 'SIGKILL');
    await sleep(POLL_MS);
  }
}

/** Where a server's output goes, over all its starts. */
export function logFileOf(stateFolder: string, definition: ServerDefinition): string {
  return join(stateFolder, 'logs', `${definition.name}.log`);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

function endOf(child: ChildProcess): () => string | undefined {
  let end: string | undefined;
  child.once('error', (error) => (end = `could not be started (${error.message})`));
  child.once('exit', (code, signal) => {
    end = signal === null ? `ended at start with code ${code}` : `was killed by ${signal}`;
  });
  return () => end;
}

function lastLines(logFile: string, from: number): string {
  const file = openSync(logFile, 'r');
  const buffer = Buffer.alloc(QUOTED_LOG_BYTES);
  const start = Math.max(from, statSync(logFile).size - buffer.length);
  const length = readSync(file, buffer, 0, buffer.length, start);
  closeSync(file);
  const text = buffer.toString('utf8', 0, length).trim();
  return text.split('\n').slice(-QUOTED_LOG_LINES).join('\n');
}
