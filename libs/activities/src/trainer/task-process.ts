/** How a process ended: one of the two is null. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A Python task that runs in its own process group. */
export interface TaskProcess {
  /** Leader of the process group. */
  readonly pid: number;
  /** Resolves when the task has ended, however it did. */
  readonly ended: Promise<ProcessEnd>;
}

/** What a task is started with. */
export interface TaskCommand {
  /** Arguments after `python -m`: the module and its own. */
  readonly arguments: readonly string[];
  readonly folder: string;
  /** The whole environment of the task. */
  readonly environment: Readonly<Record<string, string>>;
  /** File that gets standard output and standard error. */
  readonly logFile: string;
  /** Silence of the worker after which the task stops by itself: a worker that stands still must free its device. */
  readonly silenceSeconds: number;
  /** Open descriptors that the task and its ranks keep: the locks of their GPUs. */
  readonly inherited: readonly number[];
}

/** Starts Python tasks: as new interpreters, or as children of a warm one. */
export interface TaskStarter {
  start(command: TaskCommand): Promise<TaskProcess>;
  /** Ends whatever the starter itself keeps running. */
  close(): Promise<void>;
}

/** Sends a signal to every process of the group; a group that is gone already is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** SIGTERM to the group, SIGKILL when it has not ended within the grace; resolves when it has ended. */
export async function stopGroup(task: TaskProcess, graceMilliseconds: number): Promise<ProcessEnd> {
  signalGroup(task.pid, 'SIGTERM');
  const timer = setTimeout(() => {
    signalGroup(task.pid, 'SIGKILL');
  }, graceMilliseconds);
  try {
    return await task.ended;
  } finally {
    clearTimeout(timer);
  }
}
