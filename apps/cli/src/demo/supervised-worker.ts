import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { repositoryFolder } from '@nacre/activities';

/** Times that a worker which died is started again. */
const RESTARTS = 5;
const RESTART_DELAY_MILLISECONDS = 500;
/** A stopping worker ends its trainers first; after this it is killed, and they with it. */
const STOP_MILLISECONDS = 50_000;

/** A worker in its own process group that is started again when it dies. */
export class SupervisedWorker {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #concurrency: number;
  readonly #logFile: string;
  readonly #tell: (line: string) => void;
  #child: ChildProcess | undefined;
  #restarts = 0;
  #stopping = false;

  constructor(
    environment: NodeJS.ProcessEnv,
    concurrency: number,
    logFile: string,
    tell: (line: string) => void,
  ) {
    this.#environment = environment;
    this.#concurrency = concurrency;
    this.#logFile = logFile;
    this.#tell = tell;
    mkdirSync(dirname(logFile), { recursive: true });
    this.#start();
  }

  /** Whether the worker died more often than it is started again. */
  get givenUp(): boolean {
    return this.#restarts > RESTARTS;
  }

  /** SIGTERM, and waits until worker and trainers are gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const { pid } = child;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        process.kill(-pid, 'SIGKILL');
      }, STOP_MILLISECONDS);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }

  #start(): void {
    const log = openSync(this.#logFile, 'a');
    const command = join(repositoryFolder(), 'apps', 'cli', 'bin', 'nacre.mjs');
    const child = spawn(process.execPath, [command, 'worker', '--concurrency', String(this.#concurrency)], {
      env: this.#environment,
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    child.once('exit', (code, signal) => {
      if (this.#stopping) return;
      this.#restarts += 1;
      const how = signal === null ? `exit code ${String(code)}` : signal;
      if (this.givenUp) {
        this.#tell(`the worker ended again (${how}); see ${this.#logFile}`);
        return;
      }
      this.#tell(
        `the worker ended (${how}) and is started again (${String(this.#restarts)} of ${String(RESTARTS)})`,
      );
      setTimeout(() => {
        if (!this.#stopping) this.#start();
      }, RESTART_DELAY_MILLISECONDS);
    });
  }
}
