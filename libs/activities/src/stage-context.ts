import type { ArtifactStore } from '@nacre/artifact-store';
import type { Environment } from '@nacre/contracts/artifact';
import type { Heartbeat, StageCall } from '@nacre/contracts/run';
import type { TaskEvent, TaskName } from '@nacre/contracts/trainer';

import type { DurableCheckpoint } from './attempt-books.js';

/** What the implementation of a stage kind works with. */
export interface StageContext {
  readonly call: StageCall;
  /** Term of this attempt: it names its checkpoints. */
  readonly term: number;
  /** Folder of each input artifact by input name; read only. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Empty folder; its files become the artifact. */
  readonly output: string;
  /** Folder for anything else; removed afterwards. */
  readonly work: string;
  readonly store: ArtifactStore;
  readonly tasks: TaskRunner;
  /** GPUs that are this stage's alone; null: the worker leases none. */
  readonly devices: DeviceLease | null;
  /** Aborted by cancellation, pause and worker shutdown; with a ClaimLost when another holder has the stage. */
  readonly signal: AbortSignal;
  /** What the next heartbeat says. */
  report(progress: Partial<Heartbeat>): void;
  /** Takes in an event of the stage's task, for the books of the attempt. */
  heard(event: TaskEvent): void;
  /** Says that a checkpoint is in the store; the stage goes on from it from now on. @throws ClaimLost */
  durable(checkpoint: DurableCheckpoint): Promise<void>;
}

/** GPUs of a stage while it is computed. */
export interface DeviceLease {
  /** Ids as nvidia-smi counts them, ascending. */
  readonly ids: readonly number[];
  /** Open descriptors of their locks: a process that inherits them keeps the GPUs locked while it lives. */
  readonly lockFiles: readonly number[];
}

/** What an implementation says about its output. */
export interface StageOutput {
  readonly metrics: Readonly<Record<string, number>>;
  /** Circumstances that may decide bytes: versions, instruction set, threads. */
  readonly environment: Environment;
}

/** Computes one stage by a Python task. */
export type TaskRunner = (task: TaskName, context: StageContext) => Promise<StageOutput>;

/** Computes one stage kind: inputs in, files out, no knowledge of claims and manifests. */
export type StageImplementation = (context: StageContext) => Promise<StageOutput>;

/** Folder of an input that the stage cannot do without. */
export function inputFolder(context: StageContext, name: string): string {
  const folder = context.inputs[name];
  if (folder === undefined) throw new RangeError(`${context.call.name} has no input ${name}`);
  return folder;
}

/** Folders of the inputs called `<prefix><name>`, by name. */
export function inputFolders(context: StageContext, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(context.inputs)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, folder]) => [name.slice(prefix.length), folder]),
  );
}

/** The environment of stages that Node computes. */
export const nodeEnvironment: Environment = { node: process.versions.node, architecture: process.arch };
