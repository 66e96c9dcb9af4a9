import {
  ContractViolation,
  dispositionOf,
  DoesNotFit,
  NacreError,
  type ErrorName,
  TemporalUnreachable,
} from '@nacre/contracts/errors';
import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { ZodError } from 'zod';

/**
 * What waits longer than the retry policy's first interval before it is tried again: there is nothing
 * to win sooner. All others are, above all the work of a worker that was told to stop or vanished.
 */
const retryDelays: Partial<Record<ErrorName, '15s' | '30s'>> = {
  StageHeld: '30s',
  DeviceBusy: '15s',
};
/** Temporal cuts failures in mutable state at 4 KB; the rest is in the stage's log. */
const LONGEST_MESSAGE = 3000;

/**
 * An error as Temporal carries it: its name as failure type, retried or not by the one table. A name
 * that the table does not know is a bug and not retried; only Temporal's own failures pass unchanged.
 */
export function toFailure(error: unknown): TemporalFailure {
  if (error instanceof TemporalFailure) return error;
  const known = asNacreError(error);
  const { name, message } = known ?? (error instanceof Error ? error : new Error(String(error)));
  const delay = known === undefined ? undefined : retryDelays[known.name as ErrorName];
  return ApplicationFailure.create({
    message: message.slice(0, LONGEST_MESSAGE),
    type: name,
    nonRetryable: dispositionOf(name) !== 'retry',
    ...(known === undefined ? {} : { details: [known.data] }),
    ...(delay === undefined ? {} : { nextRetryDelay: delay }),
  });
}

/** The Nacre error that an error is, or that an error of the system stands for. */
function asNacreError(error: unknown): NacreError | undefined {
  if (error instanceof NacreError) return error;
  if (error instanceof ServiceError || isGrpcServiceError(error)) {
    return new TemporalUnreachable(`the Temporal server did not answer: ${error.message}`);
  }
  if (error instanceof ZodError) return new ContractViolation(error.message);
  const { code, path } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new DoesNotFit(
      `no space left on the disk${path === undefined ? '' : ` of ${path}`}; make room, then retry the stage`,
    );
  }
  return undefined;
}
