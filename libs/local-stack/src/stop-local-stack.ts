import type { ServerName } from './local-stack.js';
import { stateFolderOf } from './project-root.js';
import { isRunning, stopServer } from './server-process.js';
import { serverNames, servers } from './servers.js';
import { withStackLock } from './stack-lock.js';
import { readStackState, writeStackState } from './stack-state.js';

/**
 * Stops both servers (SIGTERM to their process groups, SIGKILL once their grace is over) and waits until they are
 * gone. Their databases, ports and credentials stay for the next start.
 *
 * @param stateFolder default `.nacre` in the project root
 * @returns the servers that were running
 */
export async function stopLocalStack(stateFolder?: string): Promise<readonly ServerName[]> {
  const folder = stateFolderOf(stateFolder);
  if (readStackState(folder) === undefined) return [];
  return withStackLock(folder, async () => {
    const state = readStackState(folder);
    if (state === undefined) return [];
    const running = serverNames.filter((name) => isRunning(state.processes[name]));
    await Promise.all(
      serverNames.map(async (name) => {
        const record = state.processes[name];
        if (record !== undefined) await stopServer(record, servers[name]);
        servers[name].cleanUp(state);
      }),
    );
    writeStackState(folder, { ...state, processes: {} });
    return running;
  });
}
