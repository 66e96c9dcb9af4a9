import type { Progress, StageState } from '@nacre/contracts/run';
import { CONTROL_QUEUE, workerCommand } from '@nacre/contracts/queues';
import { pollersOf } from '@nacre/temporal-connection';

import { exitCodeOfState, exitCodes, type ExitCode } from './exit-codes.js';
import type { Output } from './output.js';
import { handleOf } from './run-reference.js';
import { failureOfRun, stageDetail, viewRun, type RunView } from './run-view.js';
import type { Session } from './session.js';

const INTERVAL_MILLISECONDS = 1000;
/** How often the queues of waiting stages are asked for workers. */
const POLLER_ROUNDS = 5;

const endings: Readonly<Record<string, Progress['state']>> = {
  COMPLETED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'cancelled',
  TIMED_OUT: 'failed',
};

/** Which execution of which workflow. */
export interface WatchedRun {
  readonly workflowId: string;
  readonly runId: string;
}

/** What may be asked while a run is watched. */
export interface WatchOptions {
  /** Aborted when the watching ends before the run does. */
  readonly signal?: AbortSignal;
  /** Called at every look, e.g. to keep servers alive. */
  readonly onLook?: (view: RunView) => Promise<void>;
}

/**
 * Shows a run until it ends or is held, through any pause: a table that is redrawn on a terminal, else a line whenever a
 * stage changes. Names queues that nobody polls and the command that helps.
 */
export async function watchRun(
  session: Session,
  run: WatchedRun,
  output: Output,
  { signal, onLook }: WatchOptions = {},
): Promise<ExitCode> {
  const handle = handleOf(session, run);
  const shown = new Map<string, string>();
  const told = new Set<string>();
  let drawn = 0;
  let paused = false;
  for (let round = 0; signal?.aborted !== true; round += 1) {
    const view = await viewRun(handle);
    await onLook?.(view);
    const ended = endings[view.status];
    for (const queue of ended === undefined && round % POLLER_ROUNDS === 0
      ? await unpolledQueues(session, view)
      : []) {
      if (told.has(queue)) continue;
      told.add(queue);
      output.event(
        { type: 'queue-unpolled', queue, command: workerCommand(queue) },
        `waits: no worker polls ${queue}; start one with \`${workerCommand(queue)}\``,
      );
      drawn = 0;
    }
    if (ended === undefined && view.progress !== undefined && paused !== (view.progress.state === 'paused')) {
      paused = !paused;
      tellPause(output, view.progress);
      drawn = 0;
    }
    if (view.progress !== undefined) {
      if (output.live) drawn = redraw(view.progress, view, drawn);
      else for (const stage of view.progress.stages) tellChange(output, stage, shown);
    }
    const state = ended ?? (view.progress?.state === 'held' ? 'held' : undefined);
    if (state !== undefined) {
      const message = view.progress?.message ?? (ended === 'failed' ? await failureOfRun(handle) : null);
      output.event(
        { type: 'run-end', workflow_id: run.workflowId, state, message },
        lastWords(run.workflowId, state, message),
      );
      return exitCodeOfState(state);
    }
    await pause(INTERVAL_MILLISECONDS, signal);
  }
  return exitCodes.interrupted;
}

async function unpolledQueues({ temporal }: Session, { progress }: RunView): Promise<string[]> {
  const queues = new Set(
    progress === undefined
      ? [CONTROL_QUEUE]
      : progress.stages.filter(({ state }) => state === 'queued').map(({ queue }) => queue),
  );
  const { connection, namespace } = temporal;
  const asked = await Promise.all(
    [...queues].map(async (queue) => ({ queue, ...(await pollersOf(connection, namespace, queue)) })),
  );
  return asked
    .filter(({ queue, activity, workflow }) => (queue === CONTROL_QUEUE ? workflow : activity) === 0)
    .map(({ queue }) => queue);
}

/** A paused run is watched further: somebody will resume it. */
function tellPause(output: Output, { workflow_id, state, message }: Progress): void {
  output.event(
    { type: 'run-change', workflow_id, state, message },
    state === 'paused'
      ? `run ${workflow_id} is paused; \`npx nacre resume ${workflow_id}\` goes on\n${message ?? ''}`
      : `run ${workflow_id} goes on`,
  );
}

function tellChange(output: Output, stage: StageState, shown: Map<string, string>): void {
  const { name, kind, state, attempt, message } = stage;
  const news = `${state} ${message ?? ''}`;
  if (state === 'waiting' || state === 'looking_up' || state === 'queued' || shown.get(name) === news) return;
  shown.set(name, news);
  const seconds =
    stage.started_at === null || stage.ended_at === null ? null : (stage.ended_at - stage.started_at) / 1000;
  output.event(
    { type: 'stage-change', stage: name, kind, state, attempt, seconds, message },
    [state.padEnd(9), name, seconds === null ? '' : `${seconds.toFixed(1)} s`, message?.split('\n')[0] ?? '']
      .filter(Boolean)
      .join('  '),
  );
}

/** Draws the stages that move, over what was drawn before; answers the number of lines. */
function redraw(progress: Progress, view: RunView, drawn: number): number {
  const finished = progress.stages.filter(({ state }) => state === 'done' || state === 'hit');
  const moving = progress.stages.filter(({ state }) =>
    ['running', 'queued', 'paused', 'held', 'failed'].includes(state),
  );
  const width = process.stdout.columns || 80;
  const lines = [
    `${progress.workflow_id}  ${progress.state}  ${String(finished.length)}/${String(progress.stages.length)} stages`,
    ...moving
      .slice(0, 20)
      .map(
        (stage) =>
          `  ${stage.state.padEnd(8)} ${stage.name.padEnd(34)} ${stageDetail(stage, view.heartbeats.get(stage.name))}`,
      ),
  ].map((line) => line.slice(0, width - 1));
  const up = drawn > 0 ? `\u001b[${String(drawn)}A\u001b[J` : '';
  process.stdout.write(`${up}${lines.join('\n')}\n`);
  return lines.length;
}

function lastWords(workflowId: string, state: Progress['state'], message: string | null): string {
  const why = message === null ? '' : `\n${message}`;
  if (state !== 'held') return `run ${workflowId} ${state}${why}`;
  return `run ${workflowId} is held and waits for you: \`npx nacre retry ${workflowId} STAGE\` (or --skip, --abort)${why}`;
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end, { once: true });
  });
}
