import { join } from 'node:path';

import { DECIDE_UPDATE, type Decision, type Progress } from '@nacre/contracts/run';
import {
  ensureServer,
  projectRoot,
  resolveEndpoints,
  startLocalStack,
  stopLocalStack,
} from '@nacre/local-stack';

import { binaryFolder } from '../binary-folder.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import type { Output } from '../output.js';
import { progressOf } from '../run-reference.js';
import { openSession, type Session } from '../session.js';
import { startRun, type StartedRun } from '../start-run.js';
import { assertLocalSources, uploadLocalSources } from '../upload-local-sources.js';
import { watchRun } from '../watch-run.js';
import { demoRecipe } from './demo-recipe.js';
import { showResults } from './demo-results.js';
import { SupervisedWorker } from './supervised-worker.js';

/** Times that a server which died is started again. */
const SERVER_RESTARTS = 5;

export interface DemoOptions {
  /** Folder in the competition's format; the synthetic arena without it. */
  readonly data?: string;
  readonly set?: readonly string[];
}

/**
 * The whole recipe on this machine: servers, worker, run, results. Dead servers and workers are
 * started again. On a terminal the servers stay for the UI; a held run then waits, else it is aborted.
 */
export async function demo({ data, set = [] }: DemoOptions, output: Output): Promise<ExitCode> {
  const recipe = await demoRecipe(data, set);
  await assertLocalSources(recipe);
  const interrupted = new AbortController();
  const interrupt = () => {
    // A second signal changes nothing: leaving at once would orphan the worker.
    if (interrupted.signal.aborted) return;
    output.message(
      '\nstopping: worker and trainers, then the servers; the same command goes on with the run',
    );
    interrupted.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);

  const own = resolveEndpoints(process.env);
  const embedded = own.temporal.source !== 'environment' || own.s3.source !== 'environment';
  const stack = embedded ? await startLocalStack({ binaryFolder: binaryFolder() }) : undefined;
  const environment = { ...process.env, ...resolveEndpoints(process.env, stack).environment };
  const logFile = join(projectRoot(), '.nacre', 'logs', 'worker.log');
  const worker = new SupervisedWorker(environment, recipe.run.pools.gpu.concurrency, logFile, (line) => {
    output.message(line);
  });
  let code: ExitCode = exitCodes.failed;
  try {
    const session = await openSession(environment);
    try {
      const run = await startRun(session, await uploadLocalSources(recipe, session.store));
      const link = session.uiLink(run.workflowId) ?? null;
      output.event(
        { type: 'run-start', workflow_id: run.workflowId, run_id: run.runId, ui: link },
        [run.workflowId, link].filter(Boolean).join('  '),
      );
      code = await watch(session, run, worker, embedded, output, interrupted.signal);
      if (code === exitCodes.held && !process.stdout.isTTY) {
        await abortHeld(session, run);
        code = await watch(session, run, worker, embedded, output, interrupted.signal);
      }
      if (code !== exitCodes.interrupted) await showResults(session, run.workflowId, output);
      if (link !== null && code !== exitCodes.interrupted) output.message(`Temporal UI ${link}`);
    } finally {
      await session.close();
    }
  } finally {
    await worker.stop();
    if (stack !== undefined) await leave(output, interrupted.signal.aborted);
  }
  return code;
}

/** Watches, and brings servers back that die meanwhile. */
async function watch(
  session: Session,
  run: StartedRun,
  worker: SupervisedWorker,
  embedded: boolean,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  for (let restarts = 0; ;) {
    try {
      return await watchRun(session, run, output, {
        signal,
        onLook: async () => {
          if (worker.givenUp) throw new GivenUp('the worker');
          if (!embedded || !(await ensureServer('s3', { binaryFolder: binaryFolder() }))) return;
          restarts += 1;
          if (restarts > SERVER_RESTARTS) throw new GivenUp('the S3 server');
          output.message('the S3 server had died and was started again');
        },
      });
    } catch (error) {
      if (error instanceof GivenUp || !embedded || restarts >= SERVER_RESTARTS) throw error;
      restarts += 1;
      if (await ensureServer('temporal', { binaryFolder: binaryFolder() }))
        output.message('the Temporal server had died and was started again');
    }
  }
}

async function abortHeld(session: Session, run: StartedRun): Promise<void> {
  const handle = session.temporal.client.workflow.getHandle(run.workflowId, run.runId);
  const { stages } = await progressOf(handle);
  const held = stages.find(({ state }) => state === 'held');
  if (held === undefined) return;
  await handle.executeUpdate<Progress, [Decision]>(DECIDE_UPDATE, {
    args: [{ stage: held.name, action: 'abort' }],
  });
}

async function leave(output: Output, interrupted: boolean): Promise<void> {
  if (process.stdout.isTTY && !interrupted) {
    output.message('The servers stay for the UI. Stop them: npx nacre dev stop');
    return;
  }
  await stopLocalStack();
  output.message('The servers are stopped; `npx nacre dev` shows the history of the run.');
}

class GivenUp extends Error {
  override readonly name = 'GivenUp';

  constructor(what: string) {
    super(`${what} died too often to be started again; see the logs in .nacre`);
  }
}
