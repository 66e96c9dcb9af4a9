import type { ArtifactStore } from '@nacre/artifact-store';
import type { Environment } from '@nacre/contracts/artifact';
import type { Heartbeat, StageCall } from '@nacre/contracts/run';
import type { TaskName } from '@nacre/contracts/trainer';

/** What the implementation of a stage kind works with. */
export interface StageContext {
  readonly call: StageCall;
  /** Folder of each input artifact by input name; read only. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Empty folder; its files become the artifact. */
  readonly output: string;
  /** Folder for anything else; removed afterwards. */
  readonly work: string;
  readonly store: ArtifactStore;
  readonly tasks: TaskRunner;
  /** Aborted by cancellation, pause and worker shutdown. */
  readonly signal: AbortSignal;
  /** What the next heartbeat says. */
  report(progress: Partial<Heartbeat>): void;
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
