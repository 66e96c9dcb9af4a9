import { statfsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { StateFolderUnusable } from './errors.js';
import { launchServers } from './launch-servers.js';
import type { ServerName } from './local-stack.js';
import { claimDatabase, findServerBinary, hasDatabase } from './server-binary.js';
import { isRunning, stopServer } from './server-process.js';
import { servers } from './servers.js';
import type { StackOptions } from './stack-options.js';
import { assertServerPortsFree, reservePorts, type StackPorts } from './stack-ports.js';
import { newCredentials, readStackState, type ProcessRecord, type StackState } from './stack-state.js';

const MINIMUM_FREE_BYTES = 512 * 1024 ** 2;
/** On a machine that trains on all its cores, a healthy server may be slow to answer. */
const ANSWER_PATIENCE_MS = 15_000;

/** The recorded state afterwards, and which servers had to be started. */
export interface BroughtUp {
  readonly state: StackState;
  readonly started: readonly ServerName[];
}

/**
 * Makes the named servers usable: leaves those that answer, starts the others on the recorded ports,
 * database and credentials, in parallel. Call it under the stack's lock. When one of them cannot be
 * started, those that this call started are stopped again.
 *
 * @param keepForClients refuse rather than move to other ports, and keep the namespace: running clients know both
 */
export async function bringUp(
  stateFolder: string,
  names: readonly ServerName[],
  options: StackOptions,
  keepForClients: boolean,
): Promise<BroughtUp> {
  const recorded = readStackState(stateFolder);
  const missing = await serversToStart(stateFolder, recorded, names);
  if (missing.length > 0) assertFreeSpace(stateFolder, options.minimumFreeBytes ?? MINIMUM_FREE_BYTES);
  const binaries = await Promise.all(missing.map((name) => findServerBinary(servers[name], options)));
  missing.forEach((name, index) => {
    claimDatabase(stateFolder, servers[name], binaries[index]?.version ?? '');
  });
  const running = Object.entries(recorded?.processes ?? {}).filter(
    ([name, record]) => !missing.includes(name as ServerName) && isRunning(record),
  );
  const state = {
    format: 1,
    namespace: keepForClients && recorded !== undefined ? recorded.namespace : namespaceOf(options),
    bucket: recorded?.bucket ?? options.bucket ?? 'nacre',
    credentials: recorded?.credentials ?? newCredentials(),
    processes: Object.fromEntries(running),
  } as const;
  const launch = (ports: StackPorts): Promise<StackState> =>
    launchServers({ stateFolder, state: { ...state, ports }, names: missing, binaries, recorded, options });
  if (recorded !== undefined && (keepForClients || running.length > 0)) {
    for (const name of missing) await assertServerPortsFree(name, recorded.ports);
    return { state: await launch(recorded.ports), started: missing };
  }
  const { ports, release } = await reservePorts(options.ports, recorded?.ports);
  try {
    return { state: await launch(ports), started: missing };
  } finally {
    release();
  }
}

function namespaceOf(options: StackOptions): string {
  const { TEMPORAL_NAMESPACE: fromEnvironment } = options.environment ?? process.env;
  return (
    options.namespace ??
    (fromEnvironment === undefined || fromEnvironment === '' ? 'default' : fromEnvironment)
  );
}

async function serversToStart(
  stateFolder: string,
  state: StackState | undefined,
  names: readonly ServerName[],
): Promise<ServerName[]> {
  if (state === undefined) return [...names];
  const usable = await Promise.all(
    names.map(async (name) => {
      const record = state.processes[name];
      if (!isRunning(record)) return false;
      if (hasDatabase(stateFolder, servers[name]) && (await answersInTime(state, name, record))) {
        return true;
      }
      await stopServer(record, servers[name]);
      return false;
    }),
  );
  return names.filter((_, index) => !usable[index]);
}

async function answersInTime(state: StackState, name: ServerName, record: ProcessRecord): Promise<boolean> {
  const deadline = performance.now() + ANSWER_PATIENCE_MS;
  while (isRunning(record)) {
    if (await servers[name].answers(state)) return true;
    if (performance.now() > deadline) return false;
    await sleep(100);
  }
  return false;
}

function assertFreeSpace(stateFolder: string, minimum: number): void {
  const { bavail, bsize } = statfsSync(stateFolder);
  const mebibytes = (bytes: number): string => `${String(Math.floor(bytes / 1024 ** 2))} MiB`;
  if (bavail * bsize < minimum) {
    throw new StateFolderUnusable(
      stateFolder,
      `only ${mebibytes(bavail * bsize)} are free on its disk and ${mebibytes(minimum)} are needed`,
    );
  }
}
