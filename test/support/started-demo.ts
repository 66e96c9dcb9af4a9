import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { livingProcesses } from './living-processes.js';
import { until } from './until.js';
import { root } from './workplace.js';

/** What `npm run demo` starts once the checkout is set up, with no terminal, on a drill's worth of data. */
export class StartedDemo {
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  #said = '';

  /** @param folder the project in which it runs; also HOME, by which its processes can be told */
  constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.#folder = folder;
    const sizes = { train: 80, extra: 20, ut: 20, test: 10 };
    const settings = Object.entries(sizes).flatMap(([source, rows]) => [
      '--set',
      `data.${source}.synthetic.rows=${String(rows)}`,
    ]);
    this.#child = spawn(process.execPath, [join(root, 'apps/cli/dist/demo/main.js'), ...settings], {
      cwd: folder,
      env: { ...environment, HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const hear = (chunk: Buffer) => {
      this.#said += chunk.toString('utf8');
    };
    this.#child.stdout?.on('data', hear);
    this.#child.stderr?.on('data', hear);
    this.#exit = (once(this.#child, 'close') as Promise<[number | null]>).then(([code]) => code);
  }

  /** What it has written so far, on stdout and stderr. */
  get said(): string {
    return this.#said;
  }

  /** Waits until it has said something. */
  async untilSaid(words: string): Promise<void> {
    await until(`the demo says: ${words}`, () => {
      if (this.#said.includes(words)) return true;
      if (this.#child.exitCode !== null) throw new Error(`the demo has ended:\n${this.#said}`);
      return false;
    });
  }

  /** Process id of its worker, once there is one. */
  worker(): Promise<number> {
    return until('the demo has a worker', () => {
      const mine = new Set(livingProcesses(`HOME=${this.#folder}`));
      return livingProcesses('apps/cli/bin/nacre.mjs\0worker').find((pid) => mine.has(pid));
    });
  }

  /** Its exit code, once it has ended. */
  ended(): Promise<number | null> {
    return this.#exit;
  }

  /** SIGTERM, if it still runs, and waits: it stops its worker and its servers. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#exit;
  }
}
