import { resolveRecipe, workflowId, type Recipe } from '@nacre/contracts/recipe';
import type { RunResult } from '@nacre/contracts/run';
import { assertStageNames, distillation, dryRun, type PlannedStage } from '@nacre/stages';
import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  log,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';

import { answerPeople } from './answer-people.js';
import { control } from './control.js';
import { failureFacts } from './failure-facts.js';
import { progressDetails } from './progress-details.js';
import { WorkflowRunner } from './run-stage.js';
import { StageBoard } from './stage-board.js';

/**
 * The recipe, durably: executes distillation() with a runner that looks every stage up in the store
 * before it schedules it. Given a recipe without the stamp of resolveRecipe it applies the defaults
 * itself, so that `temporal workflow start --input-file` works.
 *
 * @throws ApplicationFailure InvalidRecipe, or the failure of the stage that ended the run.
 */
export async function distillationPipeline(document: unknown): Promise<RunResult> {
  const { recipe, planned } = await resolved(document);
  const { workflowId: workflow_id, runId: run_id } = workflowInfo();
  const board = new StageBoard(recipe, { workflow_id, run_id }, planned);
  const known = new Set<string>();
  let shown: string | undefined;
  const onChange = () => {
    const progress = board.progress();
    setCurrentDetails(progressDetails(progress));
    if (known.has('NacreState') && shown !== progress.state) {
      shown = progress.state;
      upsertSearchAttributes({ NacreState: [progress.state] });
    }
  };
  const runner = new WorkflowRunner(recipe, board, onChange);

  answerPeople(board, runner, onChange);
  upsertMemo({ recipe_name: recipe.name, expected_workflow_id: workflowId(recipe) });
  for (const name of await control.knownSearchAttributes()) known.add(name);
  if (known.has('NacreRecipe')) upsertSearchAttributes({ NacreRecipe: [recipe.name] });
  else log.warn('the namespace lacks the search attributes of Nacre; they are left out');
  onChange();

  const scope = new CancellationScope();
  try {
    await scope.run(async () => {
      await distillation(recipe, runner);
      await runner.ended();
    });
  } catch (error) {
    // Trainers stop before the run ends: no work goes on for a run that nobody sees.
    scope.cancel();
    await CancellationScope.nonCancellable(() => runner.settled());
    const { type, message } = failureFacts(error);
    board.end(isCancellation(error) ? 'cancelled' : 'failed', message);
    onChange();
    // Readable copies of a failed run help a person; they must not hide why it failed.
    await CancellationScope.nonCancellable(() => control.publishRun(recipe, board.progress())).catch(
      () => [],
    );
    // Any other error would make Temporal try the workflow task again, for ever.
    throw isCancellation(error) ? error : ApplicationFailure.nonRetryable(message, type);
  }
  board.end('succeeded', null);
  onChange();
  const measured = board.progress().stages.find(({ kind }) => kind === 'measure')?.artifact?.metrics[
    'log_loss'
  ];
  if (measured !== undefined && known.has('NacreLogLoss'))
    upsertSearchAttributes({ NacreLogLoss: [measured] });
  const files = await control.publishRun(recipe, board.progress());
  const skipped = board.progress().stages.filter(({ state }) => state === 'skipped');
  return { workflow_id, skipped: skipped.map(({ name }) => name), files };
}

/** The recipe and its stages. @throws ApplicationFailure InvalidRecipe, which ends the run */
async function resolved(
  document: unknown,
): Promise<{ readonly recipe: Recipe; readonly planned: readonly PlannedStage[] }> {
  try {
    const recipe = resolveRecipe(document);
    const local = Object.entries(recipe.data).filter(
      ([, { path }]) => path !== undefined && !/^(s3|cas):\/\//.test(path),
    );
    if (local.length > 0) {
      throw new Error(
        `data.${local[0]?.[0] ?? ''}.path: a workflow cannot read local files; start the run with \`nacre start\`, which uploads them`,
      );
    }
    const planned = await dryRun(recipe);
    assertStageNames(recipe, planned);
    return { recipe, planned };
  } catch (error) {
    throw ApplicationFailure.nonRetryable(
      error instanceof Error ? error.message : String(error),
      'InvalidRecipe',
    );
  }
}
