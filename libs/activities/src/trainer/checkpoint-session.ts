import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

import {
  fetchCheckpoint,
  keepCheckpoints,
  listCheckpoints,
  publishCheckpoint,
  type StoredCheckpoint,
} from '@nacre/artifact-store';
import { CheckpointRefused } from '@nacre/contracts/errors';
import { milliseconds } from '@nacre/contracts/recipe';
import type { TaskEvent, TaskRequest } from '@nacre/contracts/trainer';

import type { StageContext } from '../stage-context.js';

type Written = Extract<TaskEvent, { type: 'checkpoint-written' }>;

/**
 * The checkpoints of one attempt: which one its task goes on from, and how those it writes get into
 * the store while it goes on. One is uploaded at a time; of those that wait only the newest is. A
 * checkpoint counts once it is in the store (design, section 6).
 */
export class CheckpointSession {
  readonly #context: StageContext;
  readonly #log: (line: string) => void;
  readonly #folder: string;
  #stored: StoredCheckpoint[] | undefined;
  #resume: string | null = null;
  #waiting: Written | undefined;
  #uploading: Promise<void> | undefined;
  #dropped = false;
  #uploadSeconds = 0;

  /** @param log gets a line about every checkpoint that was refused or did not reach the store */
  constructor(context: StageContext, log: (line: string) => void) {
    this.#context = context;
    this.#log = log;
    this.#folder = join(context.work, 'checkpoints');
  }

  /** Seconds that the newest upload took; 0 before the first. */
  get uploadSeconds(): number {
    return this.#uploadSeconds;
  }

  /**
   * What the task's request says about checkpoints: the newest one whose bytes are good, then, each
   * time it is asked again, the next older one. A bad one is refused with its reason and passed over.
   *
   * @throws StoreUnavailable; DoesNotFit when the disk is full
   */
  async next(): Promise<NonNullable<TaskRequest['checkpoints']>> {
    const { call, store, signal } = this.#context;
    await mkdir(this.#folder, { recursive: true });
    this.#stored ??= await listCheckpoints(store, call.key, signal);
    this.#resume = null;
    for (let found = this.#stored.shift(); found !== undefined; found = this.#stored.shift()) {
      const folder = join(this.#context.work, 'resume', `${String(found.step)}-${String(found.term)}`);
      try {
        await fetchCheckpoint(store, call.key, found, folder, signal);
        this.#resume = folder;
        break;
      } catch (error) {
        if (!(error instanceof CheckpointRefused)) throw error;
        this.refused(error);
      }
    }
    return {
      folder: this.#folder,
      every_seconds: milliseconds(call.execution.checkpoint_every) / 1000,
      resume: this.#resume,
    };
  }

  /** Whether the task was given a checkpoint to go on from, so that another one may do better. */
  get resumes(): boolean {
    return this.#resume !== null;
  }

  /** Tells people that a checkpoint is passed over, and why. */
  refused(error: CheckpointRefused): void {
    this.#log(`${this.#context.call.name}: ${error.message} An older one is used, or none.`);
  }

  /** Takes in an event of the task: a checkpoint that was written goes to the store. */
  hear(event: TaskEvent): void {
    if (event.type !== 'checkpoint-written' || this.#dropped) return;
    this.#waiting = event;
    this.#uploading ??= this.#upload().finally(() => {
      this.#uploading = undefined;
    });
  }

  /** Waits until the newest checkpoint is in the store, or could not be brought there. */
  async settle(): Promise<void> {
    await this.#uploading;
  }

  /** Uploads nothing more: the stage is done without. */
  drop(): void {
    this.#dropped = true;
    this.#waiting = undefined;
  }

  async #upload(): Promise<void> {
    const { call, store, term } = this.#context;
    for (let written = this.#waiting; written !== undefined; written = this.#waiting) {
      this.#waiting = undefined;
      const { step, folder, bytes } = written;
      const startedAt = performance.now();
      try {
        await publishCheckpoint(store, call.key, { folder, step, term });
        const seconds = (performance.now() - startedAt) / 1000;
        this.#uploadSeconds = seconds;
        await this.#context.durable({ step, bytes, seconds });
        await keepCheckpoints(store, call.key, call.execution.checkpoints_kept);
        await this.#removeBelow(step + 1);
      } catch (error) {
        // Training is worth more than a checkpoint; a lost claim ends the attempt by its signal.
        this.#log(
          `${call.name}: the checkpoint of step ${String(step)} is not in the store: ${(error as Error).message}`,
        );
        // A store that is away for hours must not fill the disk: only the newest may still get there.
        await this.#removeBelow(step).catch(() => undefined);
      }
    }
  }

  /** Frees the disk of what the store has, or nobody will bring there. */
  async #removeBelow(step: number): Promise<void> {
    const folders = (await readdir(this.#folder)).filter((name) => /^\d+$/.test(name) && Number(name) < step);
    for (const folder of folders) {
      await rm(join(this.#folder, basename(folder)), { recursive: true, force: true });
    }
  }
}
