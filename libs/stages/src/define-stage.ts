import type { TaskName } from '@nacre/contracts/trainer';
import type { z } from 'zod';

/** A kind of stage: what may be asked of it, where it runs and which sources decide its bytes. */
export interface StageDefinition<Parameters extends z.ZodType = z.ZodType> {
  /** Name of the kind; the Temporal activity has the same name. */
  readonly kind: string;
  /** Raised whenever the same parameters and inputs may give other bytes. */
  readonly version: number;
  /** cpu: the data queue; gpu: the queue of the recipe's GPU pool. */
  readonly pool: 'cpu' | 'gpu';
  /** The Python task that computes it; absent where TypeScript does. */
  readonly task?: TaskName;
  /** Parameters; all of them enter the stage key. */
  readonly parameters: Parameters;
  /**
   * Files (relative to the repository) that decide the bytes, with everything they import from their
   * own package and its Python siblings; the digest of them all stands in stages.lock.json.
   */
  readonly sources: readonly string[];
}

/** Declares a stage kind. The registry of all kinds is stage-table.ts. */
export function defineStage<Parameters extends z.ZodType>(
  definition: StageDefinition<Parameters>,
): StageDefinition<Parameters> {
  return definition;
}
