import { NacreError } from '@nacre/contracts/errors';
import type { Progress } from '@nacre/contracts/run';

/** Exit codes of every command. */
export const exitCodes = {
  succeeded: 0,
  failed: 1,
  usage: 2,
  held: 3,
  unreachable: 4,
  cancelled: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const byName: Readonly<Record<string, ExitCode>> = {
  InvalidRecipe: exitCodes.usage,
  InvalidData: exitCodes.usage,
  InvalidStudy: exitCodes.usage,
  UsageError: exitCodes.usage,
  TemporalUnreachable: exitCodes.unreachable,
  StoreUnavailable: exitCodes.unreachable,
  WorkerUnreachable: exitCodes.unreachable,
};

/** The exit code of a command that ended with an error. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof NacreError ? (byName[error.name] ?? exitCodes.failed) : exitCodes.failed;
}

/** The exit code of a run's state, for a command that waited for it. */
export function exitCodeOfState(state: Progress['state']): ExitCode {
  switch (state) {
    case 'succeeded':
      return exitCodes.succeeded;
    case 'held':
      return exitCodes.held;
    case 'cancelled':
      return exitCodes.cancelled;
    case 'failed':
    case 'running':
    case 'paused':
      return exitCodes.failed;
  }
}
