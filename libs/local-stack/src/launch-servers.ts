import type { ServerName } from './local-stack.js';
import { prepareNamespace } from './prepare-namespace.js';
import { findServerBinary, type ServerBinary } from './server-binary.js';
import { spawnServer, stopServer } from './server-process.js';
import { servers } from './servers.js';
import type { StackOptions } from './stack-options.js';
import { writeStackState, type StackState } from './stack-state.js';
import { writeTemporalProfile } from './temporal-profile.js';

/** Servers to spawn, and the state they are to run with. */
export interface Launch {
  readonly stateFolder: string;
  /** With the processes that run already. */
  readonly state: StackState;
  /** May be empty: then only a new namespace is prepared. */
  readonly names: readonly ServerName[];
  /** One for each name. */
  readonly binaries: readonly ServerBinary[];
  /** The state before, of an earlier start. */
  readonly recorded: StackState | undefined;
  readonly options: StackOptions;
}

/**
 * Spawns servers side by side, waits until they are usable, and prepares the namespace. When anything
 * fails, those that were spawned here are stopped again.
 *
 * @returns the state with the new processes, as recorded
 */
export async function launchServers(launch: Launch): Promise<StackState> {
  const { stateFolder, names, options } = launch;
  const spawned = names.map((name, index) => {
    servers[name].cleanUp(launch.state);
    return spawnServer(servers[name], launch.binaries[index]?.path ?? '', launch.state, stateFolder);
  });
  const records = Object.fromEntries(names.map((name, index) => [name, spawned[index]?.record]));
  const state = { ...launch.state, processes: { ...launch.state.processes, ...records } };
  try {
    // Recorded before they answer: a start that is cut off leaves no server that nobody knows.
    writeStackState(stateFolder, state);
    writeTemporalProfile(stateFolder, state);
    await Promise.all(spawned.map((server) => server.untilUsable()));
    await prepareNewNamespace(launch);
  } catch (error) {
    await Promise.all(
      names.map(async (name, index) => {
        const record = spawned[index]?.record;
        if (record !== undefined) await stopServer(record, servers[name]);
      }),
    );
    for (const name of names) servers[name].cleanUp(state);
    writeStackState(stateFolder, launch.state);
    throw error;
  }
  if (names.length > 0) options.log?.(`Started ${names.join(' and ')} in ${stateFolder}.`);
  return state;
}

async function prepareNewNamespace({ state, names, binaries, recorded, options }: Launch): Promise<void> {
  if (!names.includes('temporal') && state.namespace === recorded?.namespace) return;
  const found = binaries[names.indexOf('temporal')] ?? (await findServerBinary(servers.temporal, options));
  await prepareNamespace({
    httpUrl: `http://127.0.0.1:${state.ports.http}`,
    address: `127.0.0.1:${state.ports.temporal}`,
    namespace: state.namespace,
    temporalBinary: found.path,
  });
}
