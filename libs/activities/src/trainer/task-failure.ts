import { open } from 'node:fs/promises';

import {
  CheckpointRefused,
  CollectiveTimeout,
  ContractViolation,
  DeviceFault,
  DoesNotFit,
  InvalidData,
  NodeLost,
  NonFiniteLoss,
  OutOfMemory,
  TrainerCrashed,
  TrainerStopped,
  type NacreError,
} from '@nacre/contracts/errors';
import { exitCodes } from '@nacre/contracts/trainer';

/** Errors that a task names itself, by the name in its result. */
const failures = {
  ContractViolation,
  InvalidData,
  NonFiniteLoss,
  TrainerStopped,
  OutOfMemory,
  DeviceFault,
  CheckpointRefused,
  DoesNotFit,
  CollectiveTimeout,
} as const;

type TaskFailureName = keyof typeof failures;

/** What a task's exit code stands for. */
const nameOfCode: Readonly<Record<number, TaskFailureName>> = {
  [exitCodes.invalid_request]: 'ContractViolation',
  [exitCodes.invalid_data]: 'InvalidData',
  [exitCodes.non_finite]: 'NonFiniteLoss',
  [exitCodes.stopped]: 'TrainerStopped',
  [exitCodes.out_of_memory]: 'OutOfMemory',
  [exitCodes.device_fault]: 'DeviceFault',
  [exitCodes.checkpoint_refused]: 'CheckpointRefused',
  [exitCodes.does_not_fit]: 'DoesNotFit',
  [exitCodes.collective_timeout]: 'CollectiveTimeout',
};

/** Whether a task's result names an error that says by itself what becomes of the stage. */
export function isTaskFailure(type: string): type is TaskFailureName {
  return Object.hasOwn(failures, type);
}

/**
 * The error of a task in its own words: the one that its result names where that is known, else the one
 * that its exit code stands for.
 *
 * @param type error name in the task's result
 */
export function taskFailure(code: number, type: string | undefined, message: string): NacreError {
  if (type === 'NodeLost') return new NodeLost(message, { exit_code: code });
  const name = type !== undefined && isTaskFailure(type) ? type : nameOfCode[code];
  return name === undefined ? new TrainerCrashed(message, { exit_code: code }) : new failures[name](message);
}

/** The end of a task's log, for a failure message: at most 20 lines and 2,000 characters. */
export async function lastWords(logFile: string): Promise<string> {
  const handle = await open(logFile, 'r');
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
