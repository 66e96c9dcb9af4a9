import { join } from 'node:path';

import type { History } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';

import { root } from './workplace.js';

/** Replays histories, by name, with the built workflow bundle; answers what went another way than recorded. */
export async function replayFaults(
  histories: Readonly<Record<string, History>>,
): Promise<Record<string, string>> {
  const outcomes = Worker.runReplayHistories(
    { workflowBundle: { codePath: join(root, '.nacre/build/workflow-bundle.js') }, replayName: 'recorded' },
    Object.entries(histories).map(([workflowId, history]) => ({ workflowId, history })),
  );
  const faults: Record<string, string> = {};
  for await (const { workflowId, error } of outcomes)
    if (error !== undefined) faults[workflowId] = error.message;
  return faults;
}
