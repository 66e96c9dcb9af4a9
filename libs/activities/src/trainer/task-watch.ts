import type { TaskEvent } from '@nacre/contracts/trainer';

import type { StopTimes } from './stop-budget.js';

const NEWEST_STEPS = 20;

/** What a task has shown of itself: when it last spoke, and how long its steps and saves take. */
export class TaskWatch {
  #heardAt = performance.now();
  #last = 'its start';
  #steps: number[] = [];
  #save: number | undefined;
  readonly #saves: boolean;

  /** @param saves whether the task keeps checkpoints that may take long to save */
  constructor(saves: boolean) {
    this.#saves = saves;
  }

  /** Takes in an event. */
  hear(event: TaskEvent): void {
    this.#heardAt = performance.now();
    this.#last = event.type === 'step-end' ? `step ${String(event.step)}` : event.type;
    if (event.type === 'step-end') this.#steps = [...this.#steps.slice(1 - NEWEST_STEPS), event.seconds];
    if (event.type === 'checkpoint-written') this.#save = event.seconds;
  }

  /** Milliseconds since the task last spoke. */
  get silence(): number {
    return performance.now() - this.#heardAt;
  }

  /** What it last said. */
  get last(): string {
    return this.#last;
  }

  /** How long a stop takes, as far as it was seen. */
  stopTimes(uploadSeconds: number): StopTimes {
    return {
      step: Math.max(0, ...this.#steps),
      save: this.#save ?? 0,
      upload: uploadSeconds,
      saveUnknown: this.#saves && this.#save === undefined,
    };
  }
}
