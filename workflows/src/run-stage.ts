import type { ArtifactReference } from '@nacre/contracts/artifact';
import { dispositionOf, nonRetryableErrorNames } from '@nacre/contracts/errors';
import { CONTROL_QUEUE } from '@nacre/contracts/queues';
import { milliseconds, type Recipe } from '@nacre/contracts/recipe';
import type { ControlActivities, Decision, SourceDescription, StageCall } from '@nacre/contracts/run';
import {
  stageExecution,
  stageKey,
  type StageDefinition,
  type StageHandle,
  type StageRequest,
  type StageRunner,
} from '@nacre/stages';
import {
  ApplicationFailure,
  condition,
  isCancellation,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { z } from 'zod';

import { Admission } from './admission.js';
import { failureFacts } from './failure-facts.js';
import type { StageBoard } from './stage-board.js';
import { StageSkipped } from './stage-skipped.js';

type StageActivities = Record<string, (call: StageCall) => Promise<ArtifactReference>>;

/** Activities of the control queue: short, retried until they answer. */
export const control = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '2 minutes',
  retry: {
    initialInterval: '1s',
    maximumInterval: '30s',
    nonRetryableErrorTypes: [...nonRetryableErrorNames],
  },
});

/**
 * Carries out one stage after the other as their inputs arrive: look up, else wait for room, else
 * run; a failed GPU stage is held for a person while everything that does not need it goes on.
 */
export class WorkflowRunner implements StageRunner {
  readonly #recipe: Recipe;
  readonly #board: StageBoard;
  readonly #onChange: () => void;
  readonly #rooms: Readonly<Record<'cpu' | 'gpu', Admission>>;
  readonly #decisions = new Map<string, Decision['action']>();
  readonly #asked: Promise<unknown>[] = [];
  readonly #queuesAsked = new Set<string>();
  readonly #told = new Set<unknown>();

  constructor(recipe: Recipe, board: StageBoard, onChange: () => void) {
    this.#recipe = recipe;
    this.#board = board;
    this.#onChange = onChange;
    const { gpu, cpu } = recipe.run.pools;
    this.#rooms = { gpu: new Admission(gpu.concurrency), cpu: new Admission(cpu.concurrency) };
  }

  run<Parameters extends z.ZodType>(
    definition: StageDefinition<Parameters>,
    request: StageRequest<z.input<Parameters>>,
  ): StageHandle {
    const artifact = this.#execute(definition, request);
    // A rejection is told to whoever needs the artifact; a leaf's is read from #asked.
    this.#asked.push(artifact.catch((error: unknown) => error));
    artifact.catch(() => undefined);
    return { name: request.name, artifact };
  }

  describeSource(uri: string): Promise<SourceDescription> {
    return control.describeSource(uri);
  }

  /** A person's answer for a held stage. */
  decide({ stage, action }: Decision): void {
    this.#decisions.set(stage, action);
    // No longer held: a second answer to the same failure is refused instead of kept for the next one.
    this.#change(stage, { state: 'waiting' });
  }

  /**
   * Waits until every stage that was asked for has ended.
   *
   * @throws the first error that ends the run: a failed stage, an abort, a cancellation.
   */
  async ended(): Promise<void> {
    await Promise.all(
      this.#asked.map(async (outcome) => {
        const error = await outcome;
        if (error instanceof Error && !(error instanceof StageSkipped)) throw error;
      }),
    );
  }

  /** Waits until nothing runs any more, whatever became of it. */
  async settled(): Promise<void> {
    await Promise.all(this.#asked);
  }

  async #execute<Parameters extends z.ZodType>(
    definition: StageDefinition<Parameters>,
    request: StageRequest<z.input<Parameters>>,
  ): Promise<ArtifactReference> {
    const { name } = request;
    try {
      const call = await this.#call(definition, request);
      for (;;) {
        this.#change(name, { state: 'looking_up', message: null });
        const found = await control.lookUpStage(call);
        if (found !== null) {
          this.#change(name, { state: 'hit', artifact: found, ended_at: Date.now() });
          return found;
        }
        this.#change(name, { state: 'queued' });
        const outcome = await this.#rooms[definition.pool].admit(request.fold ?? -1, () =>
          this.#attempt(definition, call),
        );
        if (outcome !== 'again') {
          this.#change(name, { state: 'done', artifact: outcome, message: null, ended_at: Date.now() });
          return outcome;
        }
        await this.#held(name);
      }
    } catch (error) {
      // What another stage died of is told there; this one has not begun and stays as it is.
      if (!this.#told.has(error)) {
        this.#told.add(error);
        const state =
          error instanceof StageSkipped ? 'skipped' : isCancellation(error) ? 'cancelled' : 'failed';
        this.#change(name, { state, message: failureFacts(error).message, ended_at: Date.now() });
      }
      throw error;
    }
  }

  /** Waits for what a stage reads and for what must have passed, and names its key. */
  async #call<Parameters extends z.ZodType>(
    definition: StageDefinition<Parameters>,
    request: StageRequest<z.input<Parameters>>,
  ): Promise<StageCall> {
    const { kind, version } = definition;
    const inputs: Record<string, ArtifactReference> = {};
    for (const [input, handle] of Object.entries(request.inputs)) {
      inputs[input] = await this.#needed(request.name, handle);
    }
    const optional = Object.entries(request.optionalInputs ?? {});
    for (const [input, handle] of optional) {
      const artifact = await handle.artifact.catch(unlessSkipped);
      if (artifact !== undefined) inputs[input] = artifact;
    }
    if (optional.length > 0 && Object.keys(inputs).length === 0) {
      throw new StageSkipped(request.name, 'everything it reads was skipped');
    }
    for (const handle of request.after ?? []) await this.#needed(request.name, handle);
    const parameters = definition.parameters.parse(request.parameters) as Record<string, unknown>;
    const contents = Object.fromEntries(
      Object.entries(inputs).map(([input, { content_id }]) => [input, content_id]),
    );
    const { workflowId, runId } = workflowInfo();
    return {
      key: stageKey({ kind, version, parameters, inputs: contents }),
      kind,
      version,
      name: request.name,
      parameters,
      inputs,
      execution: stageExecution(this.#recipe, request.gpus),
      fresh: this.#recipe.run.cache.off.includes(request.name),
      run: { workflow_id: workflowId, run_id: runId },
    };
  }

  async #needed(stage: string, handle: StageHandle): Promise<ArtifactReference> {
    const artifact = await handle.artifact.catch(unlessSkipped);
    if (artifact === undefined) throw new StageSkipped(stage, `${handle.name} was skipped`);
    return artifact;
  }

  /** One scheduled activity; 'again' when it failed in a way that a person decides about. */
  async #attempt(definition: StageDefinition, call: StageCall): Promise<ArtifactReference | 'again'> {
    const { queue } = this.#board.stage(call.name);
    const { cpu, gpu } = this.#recipe.run.pools;
    const pool = definition.pool === 'gpu' ? gpu : cpu;
    this.#askWhoPolls(queue);
    const activities = proxyActivities<StageActivities>({
      taskQueue: queue,
      startToCloseTimeout: '30 days',
      heartbeatTimeout: milliseconds(pool.heartbeat_timeout),
      // Whatever the SDK's documentation says, its default is TRY_CANCEL: the run would end before its trainers.
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      retry: {
        initialInterval: '1s',
        backoffCoefficient: 2,
        maximumInterval: '1 minute',
        nonRetryableErrorTypes: [...nonRetryableErrorNames],
      },
      summary: this.#summary(call.name, call.kind),
    });
    const activity = activities[call.kind];
    if (activity === undefined)
      throw ApplicationFailure.nonRetryable(`no activity ${call.kind}`, 'ContractViolation');
    try {
      return await activity(call);
    } catch (error) {
      if (isCancellation(error)) throw error;
      const { type, message } = failureFacts(error);
      // Before any GPU work a failure means that the recipe or its data is wrong: nothing is worth keeping open.
      if (dispositionOf(type) === 'fail' || !this.#board.gpuWorkBegan) {
        throw ApplicationFailure.nonRetryable(`${call.name}: ${message}`, type);
      }
      this.#change(call.name, { state: 'held', message: `${type}: ${message}` });
      return 'again';
    }
  }

  async #held(name: string): Promise<void> {
    await condition(() => this.#decisions.has(name));
    const action = this.#decisions.get(name);
    this.#decisions.delete(name);
    if (action === 'skip') throw new StageSkipped(name, 'skipped by a person');
    if (action === 'abort') {
      throw ApplicationFailure.nonRetryable(
        `${name}: aborted by a person after ${this.#board.stage(name).message ?? 'a failure'}`,
        'Aborted',
      );
    }
  }

  /** Asked once per queue and run: a queue that nobody polls is named to people, never an error. */
  #askWhoPolls(queue: string): void {
    if (this.#queuesAsked.has(queue)) return;
    this.#queuesAsked.add(queue);
    void control.isQueuePolled(queue).then(
      (polled) => {
        const running = this.#board
          .progress()
          .stages.some((stage) => stage.queue === queue && stage.started_at !== null);
        if (!polled && !running) this.#board.queueIsUnpolled(queue);
        this.#onChange();
      },
      () => undefined,
    );
  }

  /** What the Temporal UI shows beside the activity: fold 2/5 · qwen2-72b · train_teacher. */
  #summary(name: string, kind: string): string {
    const { fold, model } = this.#board.stage(name);
    const parts = [
      ...(fold === null ? [] : [`fold ${String(fold + 1)}/${String(this.#recipe.folds.count)}`]),
      ...(model === null ? [] : [model]),
      fold === null && model === null ? name : kind,
    ];
    return parts.join(' · ');
  }

  #change(name: string, change: Parameters<StageBoard['change']>[1]): void {
    this.#board.change(name, change);
    this.#onChange();
  }
}

function unlessSkipped(error: unknown): undefined {
  if (error instanceof StageSkipped) return undefined;
  throw error;
}
