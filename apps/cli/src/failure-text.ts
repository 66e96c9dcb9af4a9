import { NacreError } from '@nacre/contracts/errors';
import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';

import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.js';

// Numbers of gRPC; its package exports no values to ES modules.
const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;

/** What a command says to a person when it fails, and its exit code. */
export interface Failure {
  readonly text: string;
  readonly code: ExitCode;
}

/** What Nacre raises on purpose speaks for itself; of anything else, a bug, the stack helps. */
export function failureOf(error: unknown): Failure {
  if (error instanceof NacreError) return { text: error.message, code: exitCodeOf(error) };
  if (error instanceof WorkflowNotFoundError) {
    return {
      text: `${error.workflowId}: no such run, or it has ended; \`npx nacre runs\` lists them`,
      code: exitCodes.usage,
    };
  }
  const refused = grpcCause(error);
  if (refused !== undefined) {
    return {
      text: `Temporal stopped answering (${refused}). A run goes on without this command; try again when the server is back.`,
      code: exitCodes.unreachable,
    };
  }
  return {
    text: error instanceof Error ? (error.stack ?? error.message) : String(error),
    code: exitCodes.failed,
  };
}

function grpcCause(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) {
      const code: number = cause.code;
      return code === UNAVAILABLE || code === DEADLINE_EXCEEDED ? cause.details : undefined;
    }
  }
  return undefined;
}
