import type { ArtifactReference } from '@nacre/contracts/artifact';
import type { SourceDescription } from '@nacre/contracts/run';
import type { z } from 'zod';

import type { StageDefinition } from './define-stage.js';

/** A stage that has been asked for. Its artifact arrives when the stage is done or found. */
export interface StageHandle {
  /** Name in the run. */
  readonly name: string;
  /** Rejects when the stage failed or was skipped; a runner reports that, readers need not. */
  readonly artifact: Promise<ArtifactReference>;
}

/** One stage of a run: what it is called, what it computes, from what. */
export interface StageRequest<Parameters> {
  /** Name in the run, unique: kind, model and fold separated by slashes. */
  readonly name: string;
  /** Model it is about, for people. */
  readonly model?: string | undefined;
  /** Fold it is about; lower folds are admitted first. */
  readonly fold?: number | undefined;
  readonly parameters: Parameters;
  /** GPUs that share it; 1 where it says nothing. */
  readonly gpus?: number;
  /** Artifacts it reads, by input name. */
  readonly inputs: Readonly<Record<string, StageHandle>>;
  /** Artifacts it reads where they exist: a skipped one is left out instead of skipping this stage. */
  readonly optionalInputs?: Readonly<Record<string, StageHandle>>;
  /** Stages that must have passed before, without being read. They do not enter the key. */
  readonly after?: readonly StageHandle[];
}

/** Who carries a recipe out: the workflow, or a dry run that only looks. */
export interface StageRunner {
  /** Asks for a stage; returns at once. */
  run<Parameters extends z.ZodType>(
    definition: StageDefinition<Parameters>,
    request: StageRequest<z.input<Parameters>>,
  ): StageHandle;
  /** What stands at a source now. */
  describeSource(uri: string): Promise<SourceDescription>;
}
