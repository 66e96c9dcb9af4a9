import type { Holder, StageRegister } from '@nacre/contracts/artifact';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';

/** A holder in another cluster counts as live until its claim is this long without renewal. */
const FOREIGN_CLAIM_MILLISECONDS = 15 * 60_000;

/** Who asks: a run of this Temporal cluster. */
export interface Asker {
  readonly address: string;
  readonly namespace: string;
  readonly workflow_id: string;
  readonly run_id: string;
}

/**
 * Whether the holder of a claim may still publish: another run that Temporal describes as Running.
 * My own run, a closed run or one that Temporal does not know is not live; a wrong guess costs work,
 * never bytes, because publishing is conditional on the claim.
 */
export async function isHolderLive(
  client: Client,
  asker: Asker,
  holder: Holder,
  register: StageRegister,
): Promise<boolean> {
  if (holder.address !== asker.address || holder.namespace !== asker.namespace) {
    return Date.now() - Date.parse(register.renewed_at ?? register.claimed_at) < FOREIGN_CLAIM_MILLISECONDS;
  }
  if (holder.workflow_id === asker.workflow_id && holder.run_id === asker.run_id) return false;
  try {
    const { status } = await client.workflow.getHandle(holder.workflow_id, holder.run_id).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
