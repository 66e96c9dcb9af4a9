import { bringUp } from './bring-up.js';
import { StackNotFound } from './errors.js';
import type { ServerName } from './local-stack.js';
import { stateFolderOf } from './project-root.js';
import { withStackLock } from './stack-lock.js';
import type { StackOptions } from './stack-options.js';
import { readStackState } from './stack-state.js';

/**
 * Brings one server of a known stack back if it died or no longer answers: same ports, same
 * database, same credentials, so its clients reconnect by themselves.
 *
 * @returns whether it had to be started
 * @throws StackNotFound when no stack was ever started in the state folder
 * @throws LocalStackError saying what is in the way and what to do
 */
export async function ensureServer(server: ServerName, options: StackOptions = {}): Promise<boolean> {
  const stateFolder = stateFolderOf(options.stateFolder);
  const state = readStackState(stateFolder);
  if (state === undefined) throw new StackNotFound(stateFolder);
  return withStackLock(stateFolder, async () => {
    const { started } = await bringUp(stateFolder, [server], options, true);
    return started.length > 0;
  });
}
