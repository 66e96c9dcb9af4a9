import type { AttemptLedger, StageCall } from '@nacre/contracts/run';
import type { TaskEvent } from '@nacre/contracts/trainer';

import { TaskClock, type SpentTime } from './task-clock.js';

/** What an attempt is at; `step` is the work of a stage that Node computes, `task` a Python task's, whatever that does. */
export type AttemptPart = 'wait' | 'load' | 'step' | 'task' | 'publish';

/** A checkpoint that has reached the store. */
export interface DurableCheckpoint {
  readonly step: number;
  readonly bytes: number;
  /** Time its upload took while the task went on. */
  readonly seconds: number;
}

/** Milliseconds since the epoch. */
export type Clock = () => number;

type Seconds = AttemptLedger['seconds'];

/**
 * The books of one attempt (contract: attempt-ledger.ts): every moment since its beginning belongs to
 * one part of the attempt, and within `task` to what the task says it did. So the categories sum up to
 * the attempt's age, whenever it is asked and however it ends; what a task did after its last word
 * is taken to be what it did before.
 */
export class AttemptBooks {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #parts = { wait: 0, load: 0, step: 0, publish: 0 };
  /** Seconds of task processes that were followed by another one. */
  #earlier: SpentTime = { load: 0, step: 0, evaluation: 0, checkpoint: 0, wait: 0 };
  #task: TaskClock | undefined;
  #part: AttemptPart = 'wait';
  /** When the current part began; within `task`, up to when its time is booked. */
  #since: number;
  #firstStep = 0;
  #step = 0;
  #durableStep = 0;
  /** Seconds of steps when a checkpoint of that step was written, and those of the newest durable one. */
  readonly #stepSecondsAt = new Map<number, number>();
  #durableSeconds = 0;
  readonly #uploads = { count: 0, seconds: 0, bytes: 0 };
  #ended: AttemptLedger['ended'] = null;
  #error: string | null = null;

  constructor(clock: Clock = Date.now) {
    this.#clock = clock;
    this.#startedAt = clock();
    this.#since = this.#startedAt;
  }

  /** From now on the attempt is at another part. */
  begin(part: AttemptPart): void {
    this.#close();
    this.#part = part;
  }

  /** Takes in an event of the task. */
  hear(event: TaskEvent): void {
    if (event.type === 'task-start') this.#closeTask();
    this.#task ??= new TaskClock(event.at);
    this.#task.hear(event);
    if (event.type === 'step-end') this.#step = event.step;
    if (event.type === 'checkpoint-loaded') {
      this.#firstStep = event.step;
      this.#step = event.step;
      this.#durableStep = event.step;
    }
    if (event.type === 'checkpoint-written') {
      this.#stepSecondsAt.set(event.step, this.#stepSeconds(event.at));
    }
  }

  /** A checkpoint of the attempt has reached the store. */
  durable({ step, bytes, seconds }: DurableCheckpoint): void {
    this.#uploads.count += 1;
    this.#uploads.bytes += bytes;
    this.#uploads.seconds += seconds;
    this.#durableStep = Math.max(this.#durableStep, step);
    this.#durableSeconds = Math.max(this.#durableSeconds, this.#stepSecondsAt.get(step) ?? 0);
  }

  /** Whether something has become durable in this attempt. */
  get madeProgress(): boolean {
    return this.#uploads.count > 0;
  }

  /** The attempt is over; `error` names the one that it failed with. */
  end(ended: 'done' | 'stopped' | 'failed', error: string | null): void {
    this.begin('publish');
    this.#ended = ended;
    this.#error = error;
  }

  /** The document as of now. */
  ledger(call: StageCall, term: number, worker: string): AttemptLedger {
    const now = this.#clock();
    return {
      nacre_ledger: 1,
      stage: call.name,
      kind: call.kind,
      key: call.key,
      term,
      worker,
      run_id: call.run.run_id,
      started_at: this.#startedAt,
      seen_at: now,
      ended: this.#ended,
      error: this.#error,
      first_step: this.#firstStep,
      step: this.#step,
      durable_step: this.#durableStep,
      seconds: this.#seconds(now),
      uploads: { ...this.#uploads },
    };
  }

  #seconds(now: number): Seconds {
    const { wait, load, step, publish } = this.#parts;
    const seconds = { wait, load, step, publish, evaluation: 0, checkpoint: 0 };
    for (const spent of [this.#earlier, ...(this.#part === 'task' ? this.#running(now) : [])]) {
      for (const use of ['wait', 'load', 'step', 'evaluation', 'checkpoint'] as const) {
        seconds[use] += spent[use];
      }
    }
    if (this.#part !== 'task') seconds[this.#part] += (now - this.#since) / 1000;
    const atRisk = this.#ended === 'done' ? 0 : Math.max(0, seconds.step - this.#durableSeconds);
    return { ...seconds, at_risk: atRisk };
  }

  /** What the task that is under way has come to, since it was last booked. */
  #running(now: number): SpentTime[] {
    const nothing = { load: 0, step: 0, evaluation: 0, checkpoint: 0, wait: 0 };
    if (this.#task === undefined) return [{ ...nothing, wait: (now - this.#since) / 1000 }];
    const way = Math.max(0, this.#task.began - this.#since / 1000);
    return [{ ...nothing, wait: way }, this.#task.at(now / 1000)];
  }

  /** Seconds of steps up to a moment, seconds since the epoch. */
  #stepSeconds(moment: number): number {
    return this.#earlier.step + (this.#task?.at(moment).step ?? 0);
  }

  /** Books the part that ends now. */
  #close(): void {
    const now = this.#clock();
    if (this.#part === 'task') {
      const ran = this.#running(now);
      this.#task = undefined;
      for (const spent of ran) this.#addEarlier(spent);
    } else {
      this.#parts[this.#part] += (now - this.#since) / 1000;
    }
    this.#since = now;
  }

  /** A second process of the same attempt: the first, up to its last word, was refused its checkpoint. */
  #closeTask(): void {
    if (this.#task === undefined) return;
    const lastWord = this.#task.lastWord * 1000;
    for (const spent of this.#running(lastWord)) this.#addEarlier(spent);
    this.#task = undefined;
    this.#since = lastWord;
  }

  #addEarlier(spent: SpentTime): void {
    this.#earlier = Object.fromEntries(
      Object.entries(this.#earlier).map(([use, seconds]) => [use, seconds + spent[use as keyof SpentTime]]),
    ) as unknown as SpentTime;
  }
}
