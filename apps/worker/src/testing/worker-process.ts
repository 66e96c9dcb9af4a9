import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A worker in a process of its own, from source. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  /** Its exit code, null after a signal; resolves when it has ended. */
  readonly ended: Promise<number | null>;
  #said = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = once(child, 'close').then(([code]) => code as number | null);
    const hear = (chunk: Buffer) => {
      this.#said += chunk.toString();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
  }

  /** Resolves when it polls. `arguments` are those of worker-program.ts. */
  static async start(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<WorkerProcess> {
    const program = join(import.meta.dirname, 'worker-program.ts');
    const node = ['--import', import.meta.resolve('tsx'), '--conditions=@nacre/source', program];
    const child = spawn(process.execPath, [...node, ...words], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const worker = new WorkerProcess(child);
    const gone = worker.ended.then(() => {
      throw new Error(`the worker ended before it polled:\n${worker.said}`);
    });
    await Promise.race([gone, worker.#polls()]);
    gone.catch(() => undefined);
    return worker;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has written so far, on both streams. */
  get said(): string {
    return this.#said;
  }

  /** Whether its process still lives. */
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends a signal to the worker alone, as the kernel does when memory runs out. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async #polls(): Promise<void> {
    while (!this.#said.includes('worker: polls')) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
