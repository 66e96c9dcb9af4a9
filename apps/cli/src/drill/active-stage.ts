import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import {
  taskEventSchema,
  taskRequestSchema,
  type TaskEvent,
  type TaskRequest,
} from '@nacre/contracts/trainer';

/** A stage that a node is at, as its work folder tells: nothing is asked of the worker. */
export class ActiveStage {
  readonly folder: string;
  /** Beginning of the stage key. */
  readonly keyStart: string;

  constructor(workFolder: string, name: string) {
    this.folder = join(workFolder, name);
    this.keyStart = name.slice(0, name.lastIndexOf('-'));
  }

  /** The request of its task; undefined before there is one, and for a stage that Node computes. */
  get request(): TaskRequest | undefined {
    const text = read(join(this.folder, 'task', 'request.json'));
    if (text === undefined) return undefined;
    try {
      return taskRequestSchema.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined; // Half written.
    }
  }

  /** What its task has said so far. */
  get events(): TaskEvent[] {
    const { events } = this.request ?? {};
    const lines = (events === undefined ? undefined : read(events))?.split('\n').slice(0, -1) ?? [];
    return lines.flatMap((line) => taskEventSchema.safeParse(JSON.parse(line)).data ?? []);
  }

  /** Whether its task computes: it has said something and has not said that it ends. */
  get computes(): boolean {
    const { events } = this;
    return events.length > 0 && !events.some(({ type }) => type === 'task-end');
  }

  /** Whether a checkpoint is being written: something beside those that are whole. */
  get saves(): boolean {
    const folder = this.request?.checkpoints?.folder;
    return folder !== undefined && namesIn(folder).some((name) => !/^\d+$/.test(name));
  }

  /** Process that writes the events of its task, if it has begun. */
  get taskPid(): number | undefined {
    return this.events.findLast((event) => event.type === 'task-start')?.pid;
  }

  /** Whether a file of its output has this digest. */
  makes(sha256: string): boolean {
    return filesUnder(join(this.folder, 'output')).some(
      (file) => createHash('sha256').update(readFileSync(file)).digest('hex') === sha256,
    );
  }
}

/** The stages that a node is at. */
export function activeStages(workFolder: string): ActiveStage[] {
  return namesIn(workFolder).map((name) => new ActiveStage(workFolder, name));
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function filesUnder(folder: string): string[] {
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // Not there yet, or over already.
  }
}
