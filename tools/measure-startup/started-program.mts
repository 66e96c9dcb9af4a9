import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { repositoryFolder } from '@nacre/activities';

import type { Workplace } from './workplace.mjs';

/** A JSON line that a command wrote, and when it came. */
export interface SaidEvent {
  readonly type: string;
  readonly workflow_id?: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** One of Nacre's commands, built by set-up, at work in a workplace with --json. */
export class StartedProgram {
  /** Milliseconds since the epoch, just before the process was started. */
  readonly startedAt: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #said: SaidEvent[] = [];
  readonly #name: string;
  #complaint = '';

  /**
   * @param program path of the JavaScript, from the root of the repository
   * @param signal ends the program with SIGTERM
   */
  constructor(workplace: Workplace, program: string, words: readonly string[], signal: AbortSignal) {
    this.#name = program;
    this.startedAt = Date.now();
    this.#child = spawn(process.execPath, [resolve(repositoryFolder(), program), ...words], {
      cwd: workplace.folder,
      env: workplace.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = () => this.#end();
    signal.addEventListener('abort', end, { once: true });
    this.#ended = once(this.#child, 'close').then(() => {
      signal.removeEventListener('abort', end);
      return this.#child.exitCode;
    });
    this.#ended.catch(() => undefined);
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString()).slice(-2000);
    });
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        this.#said.push({ ...(JSON.parse(line) as Omit<SaidEvent, 'at'>), at: Date.now() });
      });
    }
  }

  /** The first event of a type, once it has been said. @throws Error when the program ends without it */
  async event(type: string): Promise<SaidEvent> {
    for (;;) {
      const said = this.#said.find((event) => event.type === type);
      if (said !== undefined) return said;
      if (this.#child.exitCode !== null) throw this.#failure(`ended without ${type}`);
      await Promise.race([this.#ended, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
  }

  /** Seconds from start to exit. @throws Error with the program's own words unless it exits with 0 */
  async succeeded(): Promise<number> {
    const code = await this.#ended;
    if (code !== 0) throw this.#failure(`ended with ${String(code)}`);
    return (Date.now() - this.startedAt) / 1000;
  }

  /** SIGTERM, and waits for the end, whatever it is. */
  async stop(): Promise<void> {
    this.#end();
    await this.#ended;
  }

  /** Once only: a second signal would end a program that is putting its own things in order. */
  #end(): void {
    if (!this.#child.killed) this.#child.kill('SIGTERM');
  }

  #failure(how: string): Error {
    return new Error(`${this.#name} ${how}:\n${this.#complaint.trim()}`);
  }
}
