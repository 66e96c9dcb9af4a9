import { exitCodes, type ExitCode } from './exit-codes.js';
import type { Output } from './output.js';
import type { Session } from './session.js';
import { watchRun, type WatchedRun } from './watch-run.js';

/** Watches a run until it ends, is held, or a person has seen enough: Ctrl-C ends the watching, not the run. */
export async function followRun(session: Session, run: WatchedRun, output: Output): Promise<ExitCode> {
  const interrupted = new AbortController();
  const interrupt = () => {
    interrupted.abort();
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const code = await watchRun(session, run, output, { signal: interrupted.signal });
    if (code === exitCodes.interrupted) {
      output.message(
        `the run goes on: \`npx nacre watch ${run.workflowId}\` shows it again, \`npx nacre cancel ${run.workflowId}\` ends it`,
      );
    }
    return code;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
