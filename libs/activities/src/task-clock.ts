import type { Spending, TaskEvent } from '@nacre/contracts/trainer';

/** Seconds by what a task did. */
export type SpentTime = Readonly<Record<Spending, number>>;

const nothing: SpentTime = { load: 0, step: 0, evaluation: 0, checkpoint: 0, wait: 0 };

/**
 * Where the time of one task process went, as far as its events tell. `time-spent` is exact and
 * replaces what was guessed before it: until then a step, an evaluation or a checkpoint counts for
 * the seconds it reports, and the rest is a step that has not ended, or loading before the first one.
 * Times are seconds since the epoch, the task's clock being the worker's.
 */
export class TaskClock {
  #known: SpentTime = nothing;
  /** Up to when `#known` tells. */
  #until: number;
  #stepped = false;

  /** @param first moment of the first event of the process */
  constructor(first: number) {
    this.#until = first;
  }

  hear(event: TaskEvent): void {
    switch (event.type) {
      case 'time-spent':
        this.#known = { ...nothing, ...event.seconds };
        this.#until = event.at;
        break;
      case 'step-end':
        this.#add('step', event.seconds, event.at);
        break;
      case 'rows-written':
      case 'layer-quantized':
        this.#stepped = true;
        break;
      case 'evaluation-end':
        this.#add('evaluation', event.seconds, event.at);
        break;
      case 'checkpoint-written':
        this.#add('checkpoint', event.seconds, event.at);
        break;
      case 'checkpoint-loaded':
        this.#add('load', event.seconds, event.at);
        break;
      case 'task-start':
      case 'phase-start':
      case 'memory-peak':
      case 'task-end':
        break;
    }
  }

  /** Seconds by use up to a moment. */
  at(moment: number): SpentTime {
    return this.#with(this.#stepped ? 'step' : 'load', moment - this.#until);
  }

  /** When the process began, by its own account. */
  get began(): number {
    return this.#until - sum(this.#known);
  }

  /** When it was last heard of. */
  get lastWord(): number {
    return this.#until;
  }

  /** Books what an event reports, at most the time since the event before, and the rest as `at` does. */
  #add(use: Spending, seconds: number, moment: number): void {
    const passed = Math.max(0, moment - this.#until);
    const own = Math.min(seconds, passed);
    this.#known = this.#with(this.#stepped ? 'step' : 'load', passed - own);
    this.#known = this.#with(use, own);
    this.#until = Math.max(this.#until, moment);
    if (use === 'step') this.#stepped = true;
  }

  #with(use: Spending, seconds: number): SpentTime {
    return { ...this.#known, [use]: this.#known[use] + Math.max(0, seconds) };
  }
}

function sum(spent: SpentTime): number {
  return Object.values(spent).reduce((total, seconds) => total + seconds, 0);
}
