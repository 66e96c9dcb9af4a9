import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A worker in a process of its own, from source. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  /** Its exit code, null after a signal; resolves when it has ended. */
  readonly ended: Promise<number | null>;
  #said = '';

  /** Ids of its GPUs. */
  readonly gpus: readonly number[];
  /** Its NACRE_WORK_FOLDER. */
  readonly workFolder: string;

  private constructor(child: ChildProcess, gpus: readonly number[], workFolder: string) {
    this.#child = child;
    this.gpus = gpus;
    this.workFolder = workFolder;
    this.ended = once(child, 'close').then(([code]) => code as number | null);
    const hear = (chunk: Buffer) => {
      this.#said += chunk.toString();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
  }

  /** A worker of one pool with these GPUs; resolves when it polls. */
  static async start(
    pool: string,
    gpus: readonly number[],
    environment: NodeJS.ProcessEnv,
  ): Promise<WorkerProcess> {
    const program = join(import.meta.dirname, 'worker-program.ts');
    const node = ['--import', import.meta.resolve('tsx'), '--conditions=@nacre/source', program];
    const child = spawn(process.execPath, [...node, pool, ...gpus.map(String)], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const worker = new WorkerProcess(child, gpus, environment['NACRE_WORK_FOLDER'] ?? '');
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
