import { ContractViolation } from '@nacre/contracts/errors';
import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';

/** The document a run was started with, from its history. */
export async function recordedRecipe(handle: WorkflowHandle): Promise<unknown> {
  const history = await handle.fetchHistory();
  const payload = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (payload === undefined)
    throw new ContractViolation(
      `${handle.workflowId}: its history does not hold the recipe it was started with`,
    );
  return defaultPayloadConverter.fromPayload(payload);
}
