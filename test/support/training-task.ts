import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { taskEventSchema, taskRequestSchema } from '@nacre/contracts/trainer';

import { until } from './until.js';
import type { Workplace } from './workplace.js';

const SIGTERM_BIT = 1n << 14n;

/** The task of a training that takes steps, as processes: a leader, and beside it its ranks where it has several. */
export class TrainingTask {
  readonly stage: string;
  readonly key: string;
  /** Leader of the process group; the task itself, or its launcher. */
  readonly leader: number;

  private constructor(stage: string, key: string, leader: number) {
    this.stage = stage;
    this.key = key;
    this.leader = leader;
  }

  /** Waits until a stage whose name begins so has taken a step, in a process that is not one of `others`. */
  static async of(
    place: Workplace,
    stage: string,
    others: readonly TrainingTask[] = [],
  ): Promise<TrainingTask> {
    const work = join(place.folder, '.nacre/work');
    return until(
      `${stage} trains`,
      () => {
        for (const name of existsSync(work) ? readdirSync(work) : []) {
          const task = TrainingTask.#in(join(work, name, 'task'), stage);
          if (task !== undefined && others.every(({ leader }) => leader !== task.leader)) return task;
        }
        return undefined;
      },
      120,
      5,
    );
  }

  static #in(folder: string, stage: string): TrainingTask | undefined {
    try {
      const request = taskRequestSchema.parse(JSON.parse(readFileSync(join(folder, 'request.json'), 'utf8')));
      if (!request.stage.name.startsWith(stage)) return undefined;
      const lines = readFileSync(request.events, 'utf8').split('\n').slice(0, -1);
      const events = lines.map((line) => taskEventSchema.parse(JSON.parse(line)));
      const begun = events.findLast((event) => event.type === 'task-start');
      if (begun === undefined || !events.some(({ type }) => type === 'step-end')) return undefined;
      const group = processGroup(begun.pid);
      return group === undefined ? undefined : new TrainingTask(request.stage.name, request.stage.key, group);
    } catch {
      return undefined; // Not begun, half written, or over already.
    }
  }

  /** Living processes of the group. */
  processes(): number[] {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && processGroup(pid) === this.leader);
  }

  /** Its ranks, the leader left out. */
  ranks(): number[] {
    return this.processes().filter((pid) => pid !== this.leader);
  }

  /** Lets it stand still: a tiny training would be over before anybody could tell it anything. */
  stop(): void {
    process.kill(-this.leader, 'SIGSTOP');
  }

  /** Lets it go on as soon as its worker has told every process of it to stop. */
  async continueWhenTold(): Promise<void> {
    const told = (pid: number) => (pendingSignals(pid) & SIGTERM_BIT) !== 0n;
    await until(`${this.stage} is told to stop`, () => this.processes().every(told), 60, 20);
    process.kill(-this.leader, 'SIGCONT');
  }

  /** Waits until no process of the group lives. */
  async gone(): Promise<void> {
    await until(`no process of ${this.stage} lives`, () => this.processes().length === 0, 60, 50);
  }
}

/** The process group of a living process. */
function processGroup(pid: number): number | undefined {
  // The state follows the name, which may itself hold spaces and parentheses.
  const [state, , group] = read(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
  return group === undefined || state === 'Z' || state === 'X' ? undefined : Number(group);
}

/** Signals sent to a process that stands still, as bits. */
function pendingSignals(pid: number): bigint {
  const bits = [...read(pid, 'status').matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)];
  return bits.reduce((all, [, mask]) => all | BigInt(`0x${mask ?? '0'}`), 0n);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, 'latin1');
  } catch {
    return ''; // It ended meanwhile.
  }
}
