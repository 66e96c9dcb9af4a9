import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';

import { DoesNotFit } from '@nacre/contracts/errors';

import type { ProcessEnd, TaskCommand, TaskProcess, TaskStarter } from './task-process.js';

/** File descriptor on which a task notices that whoever started it is gone: it reads end of file. */
const LIFELINE = 3;

/** Milliseconds between two signs of life on a lifeline. */
export const LIFELINE_BEAT = 1_000;

/** Starts each task as a new interpreter in its own process group. */
export class ColdStarter implements TaskStarter {
  readonly #python: string;

  constructor(python: string) {
    this.#python = python;
  }

  async start(command: TaskCommand): Promise<TaskProcess> {
    const { arguments: words, folder, environment, logFile, silenceSeconds, inherited } = command;
    const log = await open(logFile, 'a');
    try {
      const child = spawn(this.#python, ['-m', ...words], {
        cwd: folder,
        env: {
          ...environment,
          NACRE_LIFELINE_FD: String(LIFELINE),
          NACRE_LIFELINE_SILENCE_SECONDS: String(silenceSeconds),
          NACRE_PARENT_PID: String(process.pid),
        },
        stdio: ['ignore', log.fd, log.fd, 'pipe', ...inherited],
        detached: true,
      });
      // A task that ends first closes its end.
      const lifeline = child.stdio[LIFELINE] as Writable;
      lifeline.on('error', () => undefined);
      const beat = setInterval(() => lifeline.write('.'), LIFELINE_BEAT).unref();
      const ended = new Promise<ProcessEnd>((resolve) => {
        child.once('exit', (code, signal) => {
          clearInterval(beat);
          resolve({ code, signal });
        });
      });
      const pid = await new Promise<number>((resolve, reject) => {
        child.once('error', (error) => {
          reject(
            new DoesNotFit(
              `cannot start ${this.#python}: ${error.message}; run \`npm run setup\`, or set NACRE_PYTHON`,
            ),
          );
        });
        child.once('spawn', () => {
          resolve(child.pid ?? 0);
        });
      });
      return { pid, ended };
    } finally {
      await log.close();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
