import { canonicalDigest, type ArtifactReference } from '@nacre/contracts/artifact';
import type { Recipe } from '@nacre/contracts/recipe';
import type { SourceDescription } from '@nacre/contracts/run';
import type { z } from 'zod';

import type { StageDefinition } from './define-stage.js';
import { distillation } from './distillation.js';
import { stageKey } from './stage-key.js';
import type { StageHandle, StageRequest, StageRunner } from './stage-runner.js';

/** One stage as a dry run sees it. */
export interface PlannedStage {
  readonly name: string;
  readonly kind: string;
  readonly pool: 'cpu' | 'gpu';
  readonly model: string | null;
  readonly fold: number | null;
  /** Names of the stages it reads, in the order in which it names them. */
  readonly reads: readonly string[];
  /** Names of the stages it reads or waits for. */
  readonly needs: readonly string[];
  readonly parameters: unknown;
  /** Key under the assumption that every stage makes new bytes exactly when its own key is new. */
  readonly key: string;
}

/**
 * Executes the recipe without computing anything: every stage, its needs and a stand-in for its key,
 * in the order in which the recipe asks for them. Used for the picture of the graph, the progress
 * table and the question which stages a change of the recipe would run again.
 */
export async function dryRun(
  recipe: Recipe,
  describeSource: (uri: string) => SourceDescription = undescribed,
): Promise<PlannedStage[]> {
  const runner = new DryRunner(describeSource);
  await distillation(recipe, runner);
  return runner.stages;
}

class DryRunner implements StageRunner {
  readonly stages: PlannedStage[] = [];
  readonly #keys = new Map<string, string>();
  readonly #describeSource: (uri: string) => SourceDescription;

  constructor(describeSource: (uri: string) => SourceDescription) {
    this.#describeSource = describeSource;
  }

  run<Parameters extends z.ZodType>(
    definition: StageDefinition<Parameters>,
    request: StageRequest<z.input<Parameters>>,
  ): StageHandle {
    const { kind, version, pool } = definition;
    const parameters = definition.parameters.parse(request.parameters);
    const read = { ...request.inputs, ...request.optionalInputs };
    const inputs = Object.fromEntries(
      Object.entries(read).map(([input, { name }]) => [
        input,
        canonicalDigest({ made_by: this.#keys.get(name) }),
      ]),
    );
    const key = stageKey({ kind, version, parameters, inputs });
    this.#keys.set(request.name, key);
    this.stages.push({
      name: request.name,
      kind,
      pool,
      model: request.model ?? null,
      fold: request.fold ?? null,
      reads: neededNames({ inputs: read }),
      needs: neededNames(request),
      parameters,
      key,
    });
    return { name: request.name, artifact: Promise.resolve(nothing(kind, key)) };
  }

  describeSource(uri: string): Promise<SourceDescription> {
    return Promise.resolve(this.#describeSource(uri));
  }
}

/** Names of the stages that a request reads or waits for, each once. */
export function neededNames(
  request: Pick<StageRequest<unknown>, 'inputs' | 'optionalInputs' | 'after'>,
): string[] {
  const handles = [
    ...Object.values(request.inputs),
    ...Object.values(request.optionalInputs ?? {}),
    ...(request.after ?? []),
  ];
  return [...new Set(handles.map(({ name }) => name))];
}

function nothing(kind: string, key: string): ArtifactReference {
  return { kind, manifest_id: key, content_id: canonicalDigest({ made_by: key }), metrics: {} };
}

function undescribed(uri: string): SourceDescription {
  return { uri, etag: '', size: 0, version_id: null };
}
