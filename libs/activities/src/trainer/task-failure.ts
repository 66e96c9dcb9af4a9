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

/**
 * The error that a task's exit code stands for, in the task's own words.
 *
 * @param type error name in the task's result, which tells a rank that was killed from one that crashed
 */
export function taskFailure(code: number, type: string | undefined, message: string): NacreError {
  if (type === 'NodeLost') return new NodeLost(message, { exit_code: code });
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
    case exitCodes.device_fault:
      return new DeviceFault(message);
    case exitCodes.checkpoint_refused:
      return new CheckpointRefused(message);
    case exitCodes.does_not_fit:
      return new DoesNotFit(message);
    case exitCodes.collective_timeout:
      return new CollectiveTimeout(message);
    default:
      return new TrainerCrashed(message, { exit_code: code });
  }
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
