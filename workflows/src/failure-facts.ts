import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';

/** Failure type and message of an error, below Temporal's wrapping of what an activity threw. */
export function failureFacts(error: unknown): { readonly type: string; readonly message: string } {
  const cause = error instanceof ActivityFailure && error.cause !== undefined ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { type: cause.type ?? 'Error', message: cause.message };
  return cause instanceof Error
    ? { type: cause.name, message: cause.message }
    : { type: 'Error', message: String(cause) };
}
