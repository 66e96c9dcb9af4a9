import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { processesWith, signalProcess } from './process-table.js';

/** How long a worker may take until it polls: it loads everything anew, on a machine that may be busy. */
const START_SECONDS = 60;
/** A stopping worker ends its tasks first, each with a checkpoint. */
const STOP_SECONDS = 60;

/** A worker in a folder of its own, empty at first: to Nacre, a node that has never been seen. */
export class DrillNode {
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #logFile: string;
  #endExpected = false;

  /** @param folder does not exist yet; also HOME of the worker and its tasks, by which they are found */
  constructor(folder: string, environment: NodeJS.ProcessEnv, concurrency: number) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#logFile = join(folder, 'worker.log');
    const log = openSync(this.#logFile, 'a');
    // This very program, however it was started.
    const program = [...process.execArgv, process.argv[1] ?? ''];
    this.#child = spawn(process.execPath, [...program, 'worker', '--concurrency', String(concurrency)], {
      cwd: folder,
      env: { ...environment, HOME: folder, NACRE_WORK_FOLDER: folder },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** From now on its end is what was wanted. */
  expectEnd(): void {
    this.#endExpected = true;
  }

  /** How it ended though nobody wanted it to; undefined otherwise. */
  get unexpectedEnd(): string | undefined {
    if (this.alive || this.#endExpected) return undefined;
    return `the worker in ${this.folder} ended by itself (${String(this.#child.signalCode ?? this.#child.exitCode)})`;
  }

  /** What it has written to its log. */
  get said(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** Folder with one folder for each stage that it is at. */
  get workFolder(): string {
    return join(this.folder, 'work');
  }

  /** Resolves when it polls, or has ended: then its log says why. */
  async polls(): Promise<boolean> {
    const deadline = performance.now() + START_SECONDS * 1000;
    while (this.alive && performance.now() < deadline) {
      if (this.said.includes('worker: polls')) return true;
      await sleep(50);
    }
    return false;
  }

  /** SIGTERM, and waits until it has ended in order; SIGKILL when that takes too long. */
  async retire(): Promise<void> {
    this.expectEnd();
    if (!this.alive) return;
    const ended = once(this.#child, 'exit');
    signalProcess(this.pid, 'SIGCONT');
    signalProcess(this.pid, 'SIGTERM');
    const timer = setTimeout(() => signalProcess(this.pid, 'SIGKILL'), STOP_SECONDS * 1000);
    await ended;
    clearTimeout(timer);
  }

  /** Processes of this node that live, the worker itself among them. */
  processes(): number[] {
    return processesWith(`HOME=${this.folder}\0`);
  }
}
