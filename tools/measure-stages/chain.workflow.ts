import type { Recipe } from '@nacre/contracts/recipe';
import type { SourceDescription } from '@nacre/contracts/run';
import { importSource, type PlannedStage, type StageHandle } from '@nacre/stages';
import { StageBoard, WorkflowRunner } from '@nacre/workflows/runner';
import { workflowInfo } from '@temporalio/workflow';

/** Stages one after the other, each by the sentence of the design: key, look-up, run, publish. */
export async function chain(recipe: Recipe, sources: readonly SourceDescription[]): Promise<void> {
  const planned = sources.map((parameters, index): PlannedStage => ({
    name: `import/${String(index)}`,
    kind: importSource.kind,
    pool: importSource.pool,
    model: null,
    fold: null,
    reads: [],
    needs: [],
    parameters,
    key: '',
  }));
  const { workflowId: workflow_id, runId: run_id } = workflowInfo();
  const board = new StageBoard(recipe, { workflow_id, run_id }, planned);
  const runner = new WorkflowRunner(recipe, board, () => undefined);
  let last: StageHandle | undefined;
  for (const [index, parameters] of sources.entries()) {
    last = runner.run(importSource, {
      name: `import/${String(index)}`,
      parameters,
      inputs: {},
      after: last === undefined ? [] : [last],
    });
  }
  await runner.ended();
}
