import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { until } from './until.js';

/** A worker process in a process group of its own. */
export class StartedWorker {
  readonly #child: ChildProcess;
  #said = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    const hear = (chunk: Buffer) => {
      this.#said += chunk.toString();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
  }

  /** Resolves when the worker polls. `within`: a program and its words that become the worker. */
  static async start(
    command: readonly string[],
    folder: string,
    environment: NodeJS.ProcessEnv,
    within: readonly string[] = [],
  ): Promise<StartedWorker> {
    const [program = process.execPath, ...words] = [...within, process.execPath, ...command];
    const child = spawn(program, words, {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const worker = new StartedWorker(child);
    await until('the worker polls', () => {
      if (worker.ended) throw new Error(`the worker ended at once:\n${worker.said}`);
      return worker.said.includes('worker: polls');
    });
    return worker;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has written so far. */
  get said(): string {
    return this.#said;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** SIGKILL to the worker alone, as the kernel does when memory runs out: nobody tells its children. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM, and waits until it has stopped in order. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.ended) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exit;
  }
}
