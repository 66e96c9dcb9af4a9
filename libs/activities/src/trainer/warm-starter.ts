import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { NodeLost, TrainerCrashed } from '@nacre/contracts/errors';

import type { Installation } from '../installation.js';
import { childEnvironment } from './child-environment.js';
import { LIFELINE_BEAT } from './cold-starter.js';
import { sourceDigest } from './source-digest.js';
import type { ProcessEnd, TaskCommand, TaskProcess, TaskStarter } from './task-process.js';

/** What the warm server says on its standard output: one JSON object a line. */
interface ServerMessage {
  readonly ready?: number;
  readonly digest?: string;
  readonly start?: string;
  readonly exit?: string;
  readonly pid?: number;
  readonly code?: number | null;
  readonly signal?: number | null;
  readonly refused?: boolean;
  readonly id?: string | null;
  readonly reason?: string;
}

/** A task that was sent to the server and has not ended. */
interface Pending {
  readonly started: (pid: number) => void;
  readonly ended: (end: ProcessEnd) => void;
  readonly failed: (error: Error) => void;
}

/**
 * Starts tasks as forks of one Python process that has done all imports: a fraction of a second
 * instead of many. The server starts at once, is started again when it dies or when a Python source
 * has changed, and takes its children with it when the worker dies.
 */
export class WarmStarter implements TaskStarter {
  readonly #installation: Installation;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #log: (line: string) => void;
  #server: WarmServer;
  #choosing: Promise<unknown> = Promise.resolve();

  constructor(installation: Installation, environment: NodeJS.ProcessEnv, log: (line: string) => void) {
    this.#installation = installation;
    this.#environment = environment;
    this.#log = log;
    this.#server = this.#begin();
  }

  async start(command: TaskCommand): Promise<TaskProcess> {
    // One after the other: of two tasks that both see a changed source, the second must find the new server.
    const server = this.#choosing.then(() => this.#current());
    this.#choosing = server.catch(() => undefined);
    return (await server).run(command);
  }

  /** The server, or a new one in its place when it is dead or knows other sources. */
  async #current(): Promise<WarmServer> {
    if (!this.#server.alive || (await this.#sourcesChanged())) {
      const old = this.#server;
      this.#server = this.#begin();
      // Tasks that run keep their sources; the server that holds them goes when they have ended.
      void old.retire();
    }
    return this.#server;
  }

  async close(): Promise<void> {
    await this.#server.retire();
  }

  #begin(): WarmServer {
    return new WarmServer(this.#installation, this.#environment, this.#log);
  }

  async #sourcesChanged(): Promise<boolean> {
    const digest = await this.#server.digest;
    const folders = this.#installation.pythonPath
      .split(':')
      .map((folder, index) => join(folder, ['nacre_model', 'nacre_quantization'][index] ?? ''));
    return digest !== (await sourceDigest(folders));
  }
}

class WarmServer {
  readonly #child: ChildProcess;
  readonly #socket: string;
  readonly #pending = new Map<string, Pending>();
  readonly digest: Promise<string>;
  readonly #ended: Promise<void>;
  #ready = false;
  alive = true;

  constructor(installation: Installation, environment: NodeJS.ProcessEnv, log: (line: string) => void) {
    // Socket paths are limited to 107 bytes, so not in the work folder.
    const folder = join(tmpdir(), `nacre-${randomUUID().slice(0, 13)}`);
    mkdirSync(folder, { mode: 0o700 });
    this.#socket = join(folder, 'warm');
    this.#child = spawn(installation.python, ['-m', 'nacre_model.warm', '--socket', this.#socket], {
      env: childEnvironment(installation, environment, 1),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    let complaint = '';
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2000);
    });
    this.#child.stdin?.on('error', () => undefined);
    // The server passes a silence on to its children: a worker that stands still frees its device.
    const beat = setInterval(() => this.#child.stdin?.write('.'), LIFELINE_BEAT).unref();
    let ready: (digest: string) => void = () => undefined;
    let failed: (error: Error) => void = () => undefined;
    this.digest = new Promise<string>((resolve, reject) => {
      ready = resolve;
      failed = reject;
    });
    this.digest.catch(() => undefined);
    const ends = (reason: string) => {
      this.alive = false;
      clearInterval(beat);
      failed(new TrainerCrashed(`the warm Python parent ${reason}: ${complaint.trim()}`));
      for (const { ended, failed } of this.#pending.values()) {
        // A task that had not started has no process that could have been killed.
        failed(new NodeLost(`the warm Python parent ${reason} before the task began`));
        ended({ code: null, signal: 'SIGKILL' });
      }
      this.#pending.clear();
      rmSync(folder, { recursive: true, force: true });
    };
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        ends(`cannot start (${error.message}); run \`npm run setup\``);
        resolve();
      });
      this.#child.once('exit', (code, signal) => {
        ends(`ended with ${String(signal ?? code)}`);
        resolve();
      });
    });
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        const message = JSON.parse(line) as ServerMessage;
        if (message.digest !== undefined) {
          this.#ready = true;
          ready(message.digest);
        } else if (message.refused === true) {
          const reason = `the warm Python parent refused a task: ${message.reason ?? ''}`;
          log(reason);
          this.#pending.get(message.id ?? '')?.failed(new TrainerCrashed(reason));
          this.#pending.delete(message.id ?? '');
        } else this.#hear(message);
      });
    }
  }

  /** Runs one task; resolves when it has started. */
  async run(command: TaskCommand): Promise<TaskProcess> {
    const { arguments: argv, folder, logFile, silenceSeconds } = command;
    const env = { ...command.environment, NACRE_LIFELINE_SILENCE_SECONDS: String(silenceSeconds) };
    await this.digest;
    const id = randomUUID();
    let ended: (end: ProcessEnd) => void = () => undefined;
    const end = new Promise<ProcessEnd>((resolve) => {
      ended = resolve;
    });
    const pid = await new Promise<number>((started, failed) => {
      this.#pending.set(id, { started, ended, failed });
      const connection = connect(this.#socket, () => {
        connection.write(`${JSON.stringify({ id, argv, cwd: folder, env, log: logFile })}\n`);
      });
      connection.on('error', (error) => {
        this.#pending.delete(id);
        failed(new TrainerCrashed(`the warm Python parent does not answer: ${error.message}`));
      });
      // What a task prints belongs to its log, beside what it writes there itself.
      const log = createWriteStream(logFile, { flags: 'a' });
      log.on('error', () => undefined);
      connection.pipe(log);
    });
    return { pid, ended: end };
  }

  /** Lets running tasks end, then the server. */
  async retire(): Promise<void> {
    while (this.#pending.size > 0 && this.alive) await new Promise((resolve) => setTimeout(resolve, 200));
    // A server that still imports reads nothing, and has no child that could be left.
    if (this.#ready) this.#child.stdin?.end();
    else this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #hear({ start, exit, pid, code, signal }: ServerMessage): void {
    const pending = this.#pending.get(start ?? exit ?? '');
    if (pending === undefined) return;
    if (start !== undefined) pending.started(pid ?? 0);
    if (exit !== undefined) {
      this.#pending.delete(exit);
      pending.ended({ code: code ?? null, signal: signal == null ? null : `signal ${String(signal)}` });
    }
  }
}
