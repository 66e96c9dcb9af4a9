import { gpuQueue, DATA_QUEUE, workerCommand } from '@nacre/contracts/queues';
import type { Recipe } from '@nacre/contracts/recipe';
import type { PauseRequest, Progress, StageState } from '@nacre/contracts/run';
import { stagesUntil, type PlannedStage } from '@nacre/stages';

/** States in which a stage still does something by itself. */
const active: ReadonlySet<StageState['state']> = new Set(['looking_up', 'queued', 'running']);

/** The state of every stage of a run: what the progress query, the UI and the report show. */
export class StageBoard {
  readonly #recipe: Recipe;
  readonly #identity: { readonly workflow_id: string; readonly run_id: string };
  readonly #stages: Map<string, StageState>;
  readonly #unpolled = new Set<string>();
  readonly #notes = new Map<string, string>();
  #pause: PauseRequest | null = null;
  #state: Progress['state'] = 'running';
  #message: string | null = null;

  constructor(
    recipe: Recipe,
    identity: { workflow_id: string; run_id: string },
    planned: readonly PlannedStage[],
  ) {
    this.#recipe = recipe;
    this.#identity = identity;
    const wanted = stagesUntil(planned, recipe.run.until);
    this.#stages = new Map(
      planned.map((stage) => [
        stage.name,
        { ...this.#waiting(stage), ...(!wanted.has(stage.name) && this.#left()) },
      ]),
    );
  }

  /** The row of a stage. */
  stage(name: string): StageState {
    const stage = this.#stages.get(name);
    if (stage === undefined) throw new RangeError(`no stage ${name} in this run`);
    return stage;
  }

  has(name: string): boolean {
    return this.#stages.has(name);
  }

  change(name: string, change: Partial<StageState>): void {
    this.#stages.set(name, { ...this.stage(name), ...change });
    if (change.state === 'running') this.#unpolled.delete(this.stage(name).queue);
  }

  /** Says what is special about how a stage is computed; null: nothing. */
  note(name: string, text: string | null): void {
    if (text === null) this.#notes.delete(name);
    else this.#notes.set(name, text);
  }

  /** A person has paused the run, or, with null, resumed it. */
  pause(request: PauseRequest | null): void {
    this.#pause = request;
  }

  /** Whether the run is paused. */
  get paused(): boolean {
    return this.#pause !== null;
  }

  /** Remembers that nobody polls a queue; forgotten when a stage of the queue starts. */
  queueIsUnpolled(queue: string): void {
    this.#unpolled.add(queue);
  }

  end(state: Progress['state'], message: string | null): void {
    this.#state = state;
    this.#message = message;
  }

  /** Whether a GPU stage has ever been given to a queue in this run. */
  get gpuWorkBegan(): boolean {
    return [...this.#stages.values()].some(
      ({ queue, started_at }) => queue !== DATA_QUEUE && started_at !== null,
    );
  }

  progress(): Progress {
    const stages = [...this.#stages.values()].map((stage) => this.#noted(stage));
    const held = stages.filter(({ state }) => state === 'held');
    const going = this.#state === 'running';
    const stuck = going && held.length > 0 && !stages.some(({ state }) => active.has(state));
    const reasons = [
      ...(going && this.#pause !== null
        ? [['paused', this.#pause.reason ?? 'no reason given'].join(': ')]
        : []),
      ...(stuck ? held.map(({ name, message }) => `${name}: ${message ?? ''}`) : []),
    ];
    return {
      ...this.#identity,
      recipe_name: this.#recipe.name,
      state: going && this.#pause !== null ? 'paused' : stuck ? 'held' : this.#state,
      stages,
      waits_for: [...this.#unpolled].map((queue) => ({ queue, command: workerCommand(queue) })),
      message: this.#message ?? (reasons.length > 0 ? reasons.join('\n') : null),
    };
  }

  /** A stage with what is special about how it is computed, unless there is more important news. */
  #noted(stage: StageState): StageState {
    const note = this.#notes.get(stage.name);
    if (note === undefined || (stage.message !== null && stage.state !== 'running')) return stage;
    return { ...stage, message: stage.message === null ? note : `${stage.message} · ${note}` };
  }

  /** A stage that comes after the one that the run goes to. */
  #left(): Pick<StageState, 'state' | 'message'> {
    return { state: 'skipped', message: `after --until ${this.#recipe.run.until ?? ''}` };
  }

  #waiting({ name, kind, pool, model, fold, needs }: PlannedStage): StageState {
    return {
      name,
      kind,
      model,
      fold,
      state: 'waiting',
      queue: pool === 'gpu' ? gpuQueue(this.#recipe.run.pools.gpu.queue) : DATA_QUEUE,
      needs: [...needs],
      message: null,
      attempt: 0,
      started_at: null,
      ended_at: null,
      artifact: null,
    };
  }
}
