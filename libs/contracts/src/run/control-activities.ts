import type { ArtifactReference } from '../artifact/artifact-reference.js';
import type { Recipe } from '../recipe/recipe.js';
import type { Progress } from './progress.js';
import type { SourceDescription } from './source-description.js';
import type { StageCall } from './stage-call.js';

/** What the workflow asks of the control queue; the implementations are in libs/activities. */
export interface ControlActivities {
  /** The artifact under the stage's key, or null when it must be computed. @throws StageHeld (retryable) */
  lookUpStage(call: StageCall): Promise<ArtifactReference | null>;
  /** HEAD of a source. @throws InvalidData when nothing is there, StoreUnavailable (retryable). */
  describeSource(uri: string): Promise<SourceDescription>;
  /** Whether any worker polls a task queue for activities. */
  isQueuePolled(queue: string): Promise<boolean>;
  /** Names of the search attributes that the namespace has, of those that Nacre sets. */
  knownSearchAttributes(): Promise<string[]>;
  /** Writes runs/<run>/…: recipe.resolved.yaml, report.html, metrics.json, submission.csv, progress.json. */
  publishRun(recipe: Recipe, progress: Progress): Promise<string[]>;
}
