import type { ArtifactReference } from '@nacre/contracts/artifact';
import { dispositionOf, nonRetryableErrorNames } from '@nacre/contracts/errors';
import { milliseconds, type Recipe } from '@nacre/contracts/recipe';
import type { StageCall } from '@nacre/contracts/run';
import { stageExecution, type StageDefinition } from '@nacre/stages';
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';

import { control } from './control.js';
import { failureFacts } from './failure-facts.js';
import { MemoryLadder, rungText, type LadderPlace } from './memory-ladder.js';
import { INTERRUPTED, type Pause } from './pause.js';
import type { StageBoard } from './stage-board.js';

type StageActivities = Record<string, (call: StageCall) => Promise<ArtifactReference>>;

/**
 * Carries out the activity of a stage until it has ended one way or the other: stopped by a pause it goes on
 * afterwards, out of memory it goes on with smaller micro-batches. Each time it is a new activity, which
 * begins at the stage's newest checkpoint.
 */
export class StageWork {
  readonly #recipe: Recipe;
  readonly #board: StageBoard;
  readonly #pause: Pause;
  readonly #onChange: () => void;
  readonly #ladder = new MemoryLadder();
  readonly #queuesAsked = new Set<string>();

  constructor(recipe: Recipe, board: StageBoard, pause: Pause, onChange: () => void) {
    this.#recipe = recipe;
    this.#board = board;
    this.#pause = pause;
    this.#onChange = onChange;
  }

  /**
   * What the stage made; 'held' when it failed in a way that a person decides about.
   *
   * @throws ApplicationFailure that ends the run, CancelledFailure when the run is cancelled
   */
  async carryOut(definition: StageDefinition, call: StageCall): Promise<ArtifactReference | 'held'> {
    const { model, queue } = this.#board.stage(call.name);
    const place: LadderPlace = { model, queue, work: definition.task === 'train' ? 'train' : 'forward' };
    for (;;) {
      await this.#pause.over();
      const execution = stageExecution(this.#recipe, call.execution.gpus, this.#ladder.rung(place));
      this.#board.note(call.name, execution.rung === 0 ? null : rungText(execution));
      this.#change(call.name, { state: 'queued' });
      this.#askWhoPolls(queue);
      try {
        const made = await this.#pause.interruptible(() =>
          this.#activity(definition, { ...call, execution }),
        );
        if (made !== INTERRUPTED) return made;
        this.#change(call.name, { state: 'paused', message: null });
      } catch (error) {
        if (isCancellation(error)) throw error;
        // Whatever else stops a stage of a cancelled run, it is the cancellation.
        if (CancellationScope.current().consideredCancelled)
          throw new CancelledFailure('the run is cancelled');
        const { type, message } = failureFacts(error);
        if (type === 'OutOfMemory' && definition.task !== undefined) {
          if (execution.micro_batch_tokens > 1) {
            this.#ladder.ranOut(place, execution.rung);
            continue;
          }
          this.#hold(call.name, 'DoesNotFit', `not even one token a micro-batch: ${message}`);
          return 'held';
        }
        // Before any GPU work a failure means that the recipe or its data is wrong: nothing is worth keeping open.
        if (dispositionOf(type) === 'fail' || !this.#board.gpuWorkBegan) {
          throw ApplicationFailure.nonRetryable(`${call.name}: ${message}`, type);
        }
        this.#hold(call.name, type, message);
        return 'held';
      }
    }
  }

  #activity(definition: StageDefinition, call: StageCall): Promise<ArtifactReference> {
    const { cpu, gpu } = this.#recipe.run.pools;
    const pool = definition.pool === 'gpu' ? gpu : cpu;
    const activity = proxyActivities<StageActivities>({
      taskQueue: this.#board.stage(call.name).queue,
      startToCloseTimeout: '30 days',
      heartbeatTimeout: milliseconds(pool.heartbeat_timeout),
      // Whatever the SDK's documentation says, its default is TRY_CANCEL: the run would end before its trainers.
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      retry: {
        initialInterval: '1s',
        // Also the tenth attempt of a training on nodes that come and go begins within seconds.
        backoffCoefficient: 1.2,
        maximumInterval: '1 minute',
        nonRetryableErrorTypes: [...nonRetryableErrorNames],
      },
      summary: this.#summary(call),
    })[call.kind];
    if (activity === undefined)
      throw ApplicationFailure.nonRetryable(`no activity ${call.kind}`, 'ContractViolation');
    return activity(call);
  }

  #hold(name: string, type: string, message: string): void {
    this.#change(name, { state: 'held', message: `${type}: ${message}` });
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
  #summary({ name, kind, execution }: StageCall): string {
    const { fold, model } = this.#board.stage(name);
    const parts = [
      ...(fold === null ? [] : [`fold ${String(fold + 1)}/${String(this.#recipe.folds.count)}`]),
      ...(model === null ? [] : [model]),
      fold === null && model === null ? name : kind,
      ...(execution.rung === 0 ? [] : [rungText(execution)]),
    ];
    return parts.join(' · ');
  }

  #change(name: string, change: Parameters<StageBoard['change']>[1]): void {
    this.#board.change(name, change);
    this.#onChange();
  }
}
