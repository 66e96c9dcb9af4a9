import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '@nacre/contracts/artifact';
import {
  ContractViolation,
  InvalidData,
  NodeLost,
  NonFiniteLoss,
  OutOfMemory,
  TrainerCrashed,
  TrainerStopped,
  type NacreError,
} from '@nacre/contracts/errors';
import {
  exitCodes,
  taskRequestSchema,
  taskResultSchema,
  type TaskEvent,
  type TaskName,
  type TaskRequest,
  type TaskResult,
} from '@nacre/contracts/trainer';

import type { Installation } from '../installation.js';
import type { StageContext, StageOutput, TaskRunner } from '../stage-context.js';
import { childEnvironment } from './child-environment.js';
import { EventReader } from './event-reader.js';
import { stopGroup, type ProcessEnd, type TaskProcess, type TaskStarter } from './task-process.js';

/** How long a task may take from SIGTERM to its end: one step and its clean-up. */
const STOP_GRACE = 30_000;

/** What a task is run with, once per worker. */
export interface TaskRunnerDependencies {
  readonly installation: Installation;
  readonly environment: NodeJS.ProcessEnv;
  /** Starts tasks on the CPU; a warm parent where there is one. */
  readonly onCpu: TaskStarter;
  /** Starts tasks on a GPU: always a new interpreter. */
  readonly onGpu: TaskStarter;
}

/** Name of the human-readable log in a stage's work folder. */
export const TASK_LOG = 'task.log';

/**
 * Writes the request, starts the task in its own process group, reports its events, stops it when
 * asked (SIGTERM, then SIGKILL) and reads its result.
 *
 * @throws the error that the exit code stands for, with the task's own words; NodeLost when the
 * process was killed from outside; TrainerStopped when it stopped as asked.
 */
export function taskRunner({ installation, environment, onCpu, onGpu }: TaskRunnerDependencies): TaskRunner {
  return async (task, context) => {
    const { call, work, output, signal } = context;
    const folder = join(work, 'task');
    await mkdir(folder, { recursive: true });
    const request = taskRequest(task, context, folder);
    const requestFile = join(folder, 'request.json');
    await writeFile(requestFile, canonicalJson(request));
    const starter = request.execution.device === 'cpu' ? onCpu : onGpu;
    signal.throwIfAborted();
    const starting = starter.start({
      arguments: ['nacre_model.launcher', task, '--request', requestFile],
      folder: output,
      environment: childEnvironment(installation, environment, call.execution.threads),
      logFile: join(work, TASK_LOG),
    });
    const process = await unlessAborted(starting, signal);
    const events = new EventReader(request.events, (event) => {
      report(context, event);
    });
    const stop = () => void stopGroup(process, STOP_GRACE);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      const end = await process.ended;
      await events.close();
      return await outcome(context, request, end);
    } finally {
      signal.removeEventListener('abort', stop);
      await events.close();
    }
  };
}

/** A warm parent may take long to be ready: who is told to stop meanwhile does not wait for it. */
async function unlessAborted(starting: Promise<TaskProcess>, signal: AbortSignal): Promise<TaskProcess> {
  const aborted = new Promise<never>((_, reject) => {
    const stop = () => {
      starting.then(
        (process) => void stopGroup(process, STOP_GRACE),
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
    checkpoints: null,
    output,
    events: join(folder, 'events.jsonl'),
    result: join(folder, 'result.json'),
  });
}

async function outcome(context: StageContext, request: TaskRequest, end: ProcessEnd): Promise<StageOutput> {
  const result = await readResult(request.result);
  if (end.code === exitCodes.done && result?.exit_code === exitCodes.done) {
    return { metrics: result.metrics, environment: result.environment };
  }
  if (end.signal !== null || end.code === null) {
    throw new NodeLost(`the task was killed by ${end.signal ?? 'an unknown signal'}`, { signal: end.signal });
  }
  // Which stage it was is said by the run.
  throw errorFor(end.code, result?.error?.message ?? (await lastLines(join(context.work, TASK_LOG))));
}

function errorFor(code: number, message: string): NacreError {
  switch (code) {
    case exitCodes.invalid_request:
      return new ContractViolation(message);
    case exitCodes.invalid_data:
      return new InvalidData(message);
    case exitCodes.non_finite:
      return new NonFiniteLoss(message);
    case exitCodes.stopped:
      return new TrainerStopped(message);
    case exitCodes.out_of_memory:
      return new OutOfMemory(message);
    default:
      return new TrainerCrashed(message, { exit_code: code });
  }
}

async function readResult(file: string): Promise<TaskResult | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return undefined; // A task that crashed hard leaves none.
  }
  const parsed = taskResultSchema.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new ContractViolation(
      `the result file of the task is not what the contract says: ${parsed.error.message}`,
    );
  return parsed.data;
}

/** The end of the log, for a failure message: at most 20 lines and 2,000 characters. */
async function lastLines(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, 8192);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.toString('utf8').trimEnd().split('\n').slice(-20).join('\n').slice(-2000);
    return lines === '' ? 'the task ended without a word' : `the task failed; the end of its log:\n${lines}`;
  } finally {
    await handle.close();
  }
}

function report(context: StageContext, event: TaskEvent): void {
  switch (event.type) {
    case 'phase-start':
      context.report({ phase: event.phase, done: 0, total: 0 });
      break;
    case 'step-end':
      context.report({ done: event.step, total: event.steps, loss: event.loss });
      break;
    case 'rows-written':
      context.report({ done: event.rows, total: event.total });
      break;
    case 'layer-quantized':
      context.report({ done: event.layer, total: event.layers });
      break;
    case 'task-start':
    case 'memory-peak':
    case 'task-end':
      break;
  }
}
