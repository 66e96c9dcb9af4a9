import { bringUp } from './bring-up.js';
import { describeStack } from './describe-stack.js';
import type { StartedStack } from './local-stack.js';
import { stateFolderOf } from './project-root.js';
import { serverNames } from './servers.js';
import { withStackLock } from './stack-lock.js';
import type { StackOptions } from './stack-options.js';
import { makeStateFolder } from './stack-state.js';

/**
 * Starts Temporal and S3 for a state folder, or finds them running, and resolves once both are
 * usable: the bucket exists, closed runs are kept for 30 days, search attributes are registered. The
 * servers outlive the process that calls this; end them with `stopLocalStack`.
 *
 * @throws LocalStackError saying what is in the way and what to do
 */
export async function startLocalStack(options: StackOptions = {}): Promise<StartedStack> {
  const began = performance.now();
  const stateFolder = stateFolderOf(options.stateFolder);
  makeStateFolder(stateFolder);
  return withStackLock(stateFolder, async () => {
    const { state, started } = await bringUp(stateFolder, serverNames, options, false);
    const pids = {
      temporal: state.processes.temporal?.pid ?? 0,
      s3: state.processes.s3?.pid ?? 0,
    };
    const startedSeconds = (performance.now() - began) / 1000;
    return { ...describeStack(stateFolder, state, pids), started, startedSeconds };
  });
}
