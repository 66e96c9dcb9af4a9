import { describeStack } from './describe-stack.js';
import type { LocalStack } from './local-stack.js';
import { stateFolderOf } from './project-root.js';
import { hasDatabase } from './server-binary.js';
import { isRunning } from './server-process.js';
import { serverNames, servers } from './servers.js';
import { readStackState } from './stack-state.js';

/**
 * The stack that runs in a state folder, or undefined unless both of its servers are the recorded
 * processes, have their databases, and answer.
 *
 * @param stateFolder default `.nacre` in the project root
 * @throws StateFolderUnusable when the state file is damaged
 */
export async function findLocalStack(stateFolder?: string): Promise<LocalStack | undefined> {
  const folder = stateFolderOf(stateFolder);
  const state = readStackState(folder);
  if (state === undefined) return undefined;
  const { temporal, s3 } = state.processes;
  if (!isRunning(temporal) || !isRunning(s3)) return undefined;
  if (!serverNames.every((name) => hasDatabase(folder, servers[name]))) return undefined;
  const answers = await Promise.all(serverNames.map((name) => servers[name].answers(state)));
  if (!answers.every(Boolean)) return undefined;
  return describeStack(folder, state, { temporal: temporal.pid, s3: s3.pid });
}
