import { runFiles } from '@nacre/activities';
import { getRunFile, type ArtifactStore } from '@nacre/artifact-store';
import { InvalidRecipe } from '@nacre/contracts/errors';
import { PIPELINE_WORKFLOW } from '@nacre/contracts/run';
import { connectClient } from '@nacre/temporal-connection';

/**
 * The workflow id of a finished run by its id or unique prefix; without one, of the newest. A whole id is
 * answered by the store alone; Temporal is asked for the rest.
 *
 * @throws InvalidRecipe when no run or more than one fits; TemporalUnreachable
 */
export async function runId(
  store: ArtifactStore,
  environment: NodeJS.ProcessEnv,
  reference: string | undefined,
): Promise<string> {
  if (reference !== undefined && (await getRunFile(store, reference, runFiles.progress)) !== undefined) {
    return reference;
  }
  const temporal = await connectClient(environment);
  try {
    const newestFirst: string[] = [];
    const query = `WorkflowType = '${PIPELINE_WORKFLOW}' AND ExecutionStatus = 'Completed'`;
    for await (const { workflowId } of temporal.client.workflow.list({ query })) newestFirst.push(workflowId);
    const fitting = [...new Set(newestFirst)].filter((id) => id.startsWith(reference ?? ''));
    const [newest] = fitting;
    if (newest === undefined) {
      throw new InvalidRecipe(
        reference === undefined
          ? 'no run has succeeded yet; start one with `npx nacre start RECIPE`'
          : `no run that succeeded begins with ${reference}; \`npx nacre runs\` lists them`,
      );
    }
    if (reference !== undefined && fitting.length > 1) {
      throw new InvalidRecipe(`${reference} fits ${fitting.join(', ')}; write more of it`);
    }
    return newest;
  } finally {
    await temporal.close();
  }
}
