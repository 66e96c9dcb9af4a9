import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '@nacre/contracts/artifact';
import { CheckpointRefused } from '@nacre/contracts/errors';
import { milliseconds } from '@nacre/contracts/recipe';
import { taskRequestSchema, type TaskName, type TaskRequest } from '@nacre/contracts/trainer';

import type { Installation } from '../installation.js';
import type { StageContext, StageOutput, TaskRunner } from '../stage-context.js';
import { CheckpointSession } from './checkpoint-session.js';
import { childEnvironment } from './child-environment.js';
import { EventReader } from './event-reader.js';
import { kernelKills } from './kernel-kills.js';
import { reportOf } from './report-of.js';
import { stallTimer } from './stall-timer.js';
import { graceWarning, stopBudget } from './stop-budget.js';
import { taskOutcome } from './task-outcome.js';
import { stopGroup, type TaskProcess, type TaskStarter } from './task-process.js';
import { TaskWatch } from './task-watch.js';

/** Tasks that keep checkpoints. */
const checkpointed: ReadonlySet<TaskName> = new Set(['train', 'export-logits', 'predict']);

/** What a task is run with, once per worker. */
export interface TaskRunnerDependencies {
  readonly installation: Installation;
  readonly environment: NodeJS.ProcessEnv;
  /** Starts tasks on the CPU; a warm parent where there is one. */
  readonly onCpu: TaskStarter;
  /** Starts tasks on a GPU: always a new interpreter. */
  readonly onGpu: TaskStarter;
  /** Seconds that the worker has from its SIGTERM until it is killed; a stop that needs more is warned of. */
  readonly graceSeconds?: number;
  /** Gets what people should know of checkpoints and stops; it is in the task's log too. */
  readonly log?: (line: string) => void;
}

/** Name of the human-readable log in a stage's work folder. */
export const TASK_LOG = 'task.log';

/**
 * Writes the request, starts the task in its own process group, takes in its events, brings its
 * checkpoints to the store and reads its result. Told to stop, the task gets SIGTERM, and SIGKILL only
 * when it has used up the budget of a step, a save and an upload. A task that says nothing for the
 * stall timeout is ended. A training, an export and a prediction go on from the newest checkpoint that
 * is good.
 *
 * @throws the error that the exit code stands for, with the task's own words; NodeLost when the
 * process was killed from outside, OutOfMemory when it was by the kernel for its memory; TrainerStalled;
 * TrainerStopped when it stopped as asked, its last checkpoint in the store
 */
export function taskRunner(dependencies: TaskRunnerDependencies): TaskRunner {
  return async (task, context) => {
    const logFile = join(context.work, TASK_LOG);
    const tell = (line: string) => {
      dependencies.log?.(line);
      void appendFile(logFile, `nacre: ${line}\n`).catch(() => undefined);
    };
    const session = checkpointed.has(task) ? new CheckpointSession(context, tell) : undefined;
    try {
      for (;;) {
        const checkpoints = (await session?.next()) ?? null;
        try {
          return await runOnce(task, context, checkpoints, session, tell, dependencies);
        } catch (error) {
          // Without a checkpoint to refuse, the refusal is a fault of the task.
          if (!(error instanceof CheckpointRefused) || session?.resumes !== true) throw error;
          session.refused(error);
          await rm(context.output, { recursive: true, force: true });
          await mkdir(context.output);
        }
      }
    } finally {
      await session?.settle();
    }
  };
}

async function runOnce(
  task: TaskName,
  context: StageContext,
  checkpoints: TaskRequest['checkpoints'],
  session: CheckpointSession | undefined,
  tell: (line: string) => void,
  { installation, environment, onCpu, onGpu, graceSeconds = Infinity }: TaskRunnerDependencies,
): Promise<StageOutput> {
  const { call, work, output, signal, devices } = context;
  const folder = join(work, 'task');
  const logFile = join(work, TASK_LOG);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const request = taskRequest(task, context, folder, checkpoints);
  const requestFile = join(folder, 'request.json');
  await writeFile(requestFile, canonicalJson(request));
  // A warm child inherits nothing, and the locks of GPUs must be inherited.
  const starter = request.execution.device === 'cpu' && devices === null ? onCpu : onGpu;
  const killsBefore = await kernelKills();
  signal.throwIfAborted();
  const starting = starter.start({
    arguments: ['nacre_model.launcher', task, '--request', requestFile],
    folder: output,
    environment: childEnvironment(installation, environment, call.execution.threads, devices),
    logFile,
    silenceSeconds: (2 * milliseconds(call.execution.heartbeat_timeout)) / 1000,
    inherited: devices?.lockFiles ?? [],
  });
  const process = await unlessAborted(starting, signal);
  // What an export saves is small: its stop is not given the time of a first save that takes minutes.
  const watch = new TaskWatch(task === 'train');
  let warned = false;
  const events = new EventReader(request.events, (event) => {
    watch.hear(event);
    context.heard(event);
    session?.hear(event);
    const report = reportOf(event);
    if (report !== undefined) context.report(report);
    const warning =
      session === undefined || warned
        ? undefined
        : graceWarning(
            call.name,
            watch.stopTimes(session.uploadSeconds),
            graceSeconds,
            milliseconds(call.execution.checkpoint_every) / 1000,
          );
    if (warning === undefined) return;
    warned = true;
    tell(warning);
  });
  const stop = () => void stopGroup(process, 1000 * stopBudget(watch.stopTimes(session?.uploadSeconds ?? 0)));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const stall = stallTimer(process, watch, milliseconds(call.execution.stall_timeout), signal);
  try {
    const end = await process.ended;
    await events.close();
    if (stall.stalled !== undefined) throw stall.stalled;
    const done = await taskOutcome(end, request.result, logFile, killsBefore);
    session?.drop();
    return done;
  } finally {
    stall.stop();
    signal.removeEventListener('abort', stop);
    await events.close();
  }
}

/** A warm parent may take long to be ready: who is told to stop meanwhile does not wait for it. */
async function unlessAborted(starting: Promise<TaskProcess>, signal: AbortSignal): Promise<TaskProcess> {
  const aborted = new Promise<never>((_, reject) => {
    const stop = () => {
      starting.then(
        (process) =>
          void stopGroup(process, 1000 * stopBudget({ step: 0, save: 0, upload: 0, saveUnknown: false })),
        () => undefined,
      );
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
    starting.then(
      () => {
        signal.removeEventListener('abort', stop);
      },
      () => undefined,
    );
  });
  return Promise.race([starting, aborted]);
}

/** The request document of a stage; its folders are absolute. */
export function taskRequest(
  task: TaskName,
  { call, inputs, output }: Pick<StageContext, 'call' | 'inputs' | 'output'>,
  folder: string,
  checkpoints: TaskRequest['checkpoints'],
): TaskRequest {
  const { device, threads, micro_batch_tokens, gpus } = call.execution;
  return taskRequestSchema.parse({
    nacre_request: 1,
    task,
    stage: { kind: call.kind, version: call.version, name: call.name, key: call.key },
    parameters: call.parameters,
    execution: { device, threads, micro_batch_tokens, ranks: gpus },
    inputs,
    input_contents: Object.fromEntries(
      Object.entries(call.inputs).map(([name, { content_id }]) => [name, content_id]),
    ),
    checkpoints,
    output,
    events: join(folder, 'events.jsonl'),
    result: join(folder, 'result.json'),
  });
}
