import type { ArtifactReference } from '@nacre/contracts/artifact';
import type { Recipe } from '@nacre/contracts/recipe';
import type { Decision, PauseRequest, SourceDescription, StageCall } from '@nacre/contracts/run';
import {
  meansStage,
  stageExecution,
  stageKey,
  type StageDefinition,
  type StageHandle,
  type StageRequest,
  type StageRunner,
} from '@nacre/stages';
import { ApplicationFailure, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';

import { Admission } from './admission.js';
import { control } from './control.js';
import { failureFacts } from './failure-facts.js';
import { Pause } from './pause.js';
import type { StageBoard } from './stage-board.js';
import { StageSkipped } from './stage-skipped.js';
import { StageWork } from './stage-work.js';

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
  readonly #pause = new Pause();
  readonly #work: StageWork;
  readonly #told = new Set<unknown>();

  constructor(recipe: Recipe, board: StageBoard, onChange: () => void) {
    this.#recipe = recipe;
    this.#board = board;
    this.#onChange = onChange;
    const { gpu, cpu } = recipe.run.pools;
    this.#rooms = { gpu: new Admission(gpu.concurrency), cpu: new Admission(cpu.concurrency) };
    this.#work = new StageWork(recipe, board, this.#pause, onChange);
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

  /** Stops what runs and lets nothing begin; a run that is paused already stays as it is. */
  pause(request: PauseRequest): void {
    if (this.#board.paused) return;
    this.#board.pause(request);
    this.#pause.begin();
    this.#onChange();
  }

  /** Goes on after a pause; a run that is not paused goes on anyway. */
  resume(): void {
    this.#board.pause(null);
    this.#pause.end();
    this.#onChange();
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
    const { state, message } = this.#board.stage(name);
    if (state === 'skipped') throw new StageSkipped(name, message ?? 'not asked for');
    try {
      const call = await this.#call(definition, request);
      for (;;) {
        await this.#pause.over();
        const found = call.fresh ? null : await this.#lookUp(call);
        if (found !== null) return found;
        this.#change(name, { state: 'queued', message: null });
        const outcome = await this.#rooms[definition.pool].admit(request.fold ?? -1, () =>
          this.#work.carryOut(definition, call),
        );
        if (outcome !== 'held') {
          this.#change(name, { state: 'done', artifact: outcome, message: null, ended_at: Date.now() });
          return outcome;
        }
        await this.#held(name);
      }
    } catch (error) {
      // What another stage died of is told there; this one, if it has not begun, stays as it is.
      const begun = this.#board.stage(name).state !== 'waiting';
      if (!this.#told.has(error) || (isCancellation(error) && begun)) {
        this.#told.add(error);
        const state =
          error instanceof StageSkipped ? 'skipped' : isCancellation(error) ? 'cancelled' : 'failed';
        this.#change(name, { state, message: failureFacts(error).message, ended_at: Date.now() });
      }
      throw error;
    }
  }

  async #lookUp(call: StageCall): Promise<ArtifactReference | null> {
    this.#change(call.name, { state: 'looking_up', message: null });
    const found = await control.lookUpStage(call);
    if (found !== null) this.#change(call.name, { state: 'hit', artifact: found, ended_at: Date.now() });
    return found;
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
      fresh: this.#recipe.run.cache.off.some((word) => meansStage(word, request.name)),
      run: { workflow_id: workflowId, run_id: runId },
    };
  }

  async #needed(stage: string, handle: StageHandle): Promise<ArtifactReference> {
    const artifact = await handle.artifact.catch(unlessSkipped);
    if (artifact === undefined) throw new StageSkipped(stage, `${handle.name} was skipped`);
    return artifact;
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

  #change(name: string, change: Parameters<StageBoard['change']>[1]): void {
    this.#board.change(name, change);
    this.#onChange();
  }
}

function unlessSkipped(error: unknown): undefined {
  if (error instanceof StageSkipped) return undefined;
  throw error;
}
