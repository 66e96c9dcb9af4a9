import { join } from 'node:path';

import { DECIDE_UPDATE, type Decision, type Progress } from '@nacre/contracts/run';
import { projectRoot, resolveEndpoints, startLocalStack, stopLocalStack } from '@nacre/local-stack';

import { binaryFolder } from '../binary-folder.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { failureOf } from '../failure-text.js';
import type { Output } from '../output.js';
import { progressOf } from '../run-reference.js';
import { openSession, type Session } from '../session.js';
import { startRun, type StartedRun } from '../start-run.js';
import { assertLocalSources, uploadLocalSources } from '../upload-local-sources.js';
import { watchRun } from '../watch-run.js';
import { demoRecipe } from './demo-recipe.js';
import { showResults } from './demo-results.js';
import { GivenUp } from './given-up.js';
import { SupervisedServers } from './supervised-servers.js';
import { SupervisedWorker } from './supervised-worker.js';

/** Times that the watching begins again after Temporal stopped answering. */
const WATCHES = 5;

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
  const tell = (line: string) => {
    output.message(line);
  };
  const worker = new SupervisedWorker(environment, recipe.run.pools.gpu.concurrency, logFile, tell);
  const servers = stack === undefined ? undefined : new SupervisedServers(binaryFolder(), tell);
  const parts = { worker, servers };
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
      code = await watch(session, run, parts, output, interrupted.signal);
      if (code === exitCodes.held && !process.stdout.isTTY) {
        await abortHeld(session, run);
        code = await watch(session, run, parts, output, interrupted.signal);
      }
      if (code !== exitCodes.interrupted) await showResults(session, run.workflowId, output);
      if (link !== null && code !== exitCodes.interrupted) output.message(`Temporal UI ${link}`);
    } finally {
      await session.close();
    }
  } finally {
    await worker.stop();
    await servers?.stop();
    if (stack !== undefined) await leave(output, interrupted.signal.aborted);
  }
  return code;
}

/** What is started again when it dies. */
interface Parts {
  readonly worker: SupervisedWorker;
  readonly servers: SupervisedServers | undefined;
}

/** Watches, through the death and return of embedded servers. */
async function watch(
  session: Session,
  run: StartedRun,
  { worker, servers }: Parts,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const onLook = () => {
    if (worker.givenUp) throw new GivenUp('the worker');
    if (servers?.givenUp === true) throw new GivenUp('a server');
    return Promise.resolve();
  };
  for (let watches = 1; ; watches += 1) {
    try {
      return await watchRun(session, run, output, { signal, onLook });
    } catch (error) {
      const away = failureOf(error).code === exitCodes.unreachable;
      if (!away || servers === undefined || servers.givenUp || watches === WATCHES) throw error;
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
