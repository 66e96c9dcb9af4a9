import { resolveRecipe, workflowId, type Recipe } from '@nacre/contracts/recipe';
import {
  decisionSchema,
  DECIDE_UPDATE,
  PROGRESS_QUERY,
  STAGE_SIGNAL,
  stageSignalSchema,
  type Decision,
  type Progress,
  type RunResult,
  type StageSignal,
} from '@nacre/contracts/run';
import { distillation, dryRun } from '@nacre/stages';
import {
  ApplicationFailure,
  CancellationScope,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';

import { failureFacts } from './failure-facts.js';
import { progressDetails } from './progress-details.js';
import { control, WorkflowRunner } from './run-stage.js';
import { StageBoard } from './stage-board.js';

const progressQuery = defineQuery<Progress>(PROGRESS_QUERY);
const stageSignal = defineSignal<[StageSignal]>(STAGE_SIGNAL);
const decideUpdate = defineUpdate<Progress, [Decision]>(DECIDE_UPDATE);

/**
 * The recipe, durably: executes distillation() with a runner that looks every stage up in the store
 * before it schedules it. Given a recipe without the stamp of resolveRecipe it applies the defaults
 * itself, so that `temporal workflow start --input-file` works.
 *
 * @throws ApplicationFailure InvalidRecipe, or the failure of the stage that ended the run.
 */
export async function distillationPipeline(document: unknown): Promise<RunResult> {
  const recipe = resolved(document);
  const { workflowId: workflow_id, runId: run_id } = workflowInfo();
  const board = new StageBoard(recipe, { workflow_id, run_id }, await dryRun(recipe));
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

  setHandler(progressQuery, () => board.progress());
  setHandler(stageSignal, (message) => {
    const parsed = stageSignalSchema.safeParse(message);
    // Anybody can send a signal; an error here would stop the run.
    if (!parsed.success || !board.has(parsed.data.name)) return;
    const { name, phase, attempt } = parsed.data;
    const { state, started_at } = board.stage(name);
    if (state !== 'queued' && state !== 'running') return;
    board.change(name, {
      state: 'running',
      attempt,
      message: phase === 'started' ? null : phase,
      started_at: started_at ?? Date.now(),
    });
    onChange();
  });
  setHandler(
    decideUpdate,
    (decision) => {
      runner.decide(decision);
      return board.progress();
    },
    {
      validator: (decision) => {
        const parsed = decisionSchema.safeParse(decision);
        if (!parsed.success) throw new Error('a decision is {stage, action: retry | skip | abort}');
        const { stage } = parsed.data;
        if (!board.has(stage)) throw new Error(`no stage ${stage} in this run`);
        const { state } = board.stage(stage);
        if (state !== 'held') throw new Error(`${stage} is ${state}; only a held stage takes a decision`);
      },
    },
  );

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

function resolved(document: unknown): Recipe {
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
    return recipe;
  } catch (error) {
    throw ApplicationFailure.nonRetryable(
      error instanceof Error ? error.message : String(error),
      'InvalidRecipe',
    );
  }
}
