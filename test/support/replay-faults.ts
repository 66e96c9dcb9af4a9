import type { History } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';

import { workflowBundle } from './scripted-pipeline.js';

/** Replays histories, by name, with a workflow bundle, the built one by default; answers what went another way. */
export async function replayFaults(
  histories: Readonly<Record<string, History>>,
  bundle = workflowBundle,
): Promise<Record<string, string>> {
  const outcomes = Worker.runReplayHistories(
    { workflowBundle: { codePath: bundle }, replayName: 'recorded' },
    Object.entries(histories).map(([workflowId, history]) => ({ workflowId, history })),
  );
  const faults: Record<string, string> = {};
  for await (const { workflowId, error } of outcomes)
    if (error !== undefined) faults[workflowId] = error.message;
  return faults;
}
