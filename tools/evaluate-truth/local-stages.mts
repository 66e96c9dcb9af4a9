import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { stageImplementations, type TaskRunner } from '@nacre/activities';
import type { ArtifactStore } from '@nacre/artifact-store';
import { canonicalDigest } from '@nacre/contracts/artifact';
import type { Recipe } from '@nacre/contracts/recipe';
import { stageExecution, type StageDefinition } from '@nacre/stages';
import type { z } from 'zod';

/** What stages are computed with when no run asks for them. */
export interface LocalStagesSettings {
  /** Gets a folder per stage. */
  readonly folder: string;
  readonly store: ArtifactStore;
  readonly tasks: TaskRunner;
  /** Says how GPU-class stages run. */
  readonly recipe: Recipe;
  readonly signal: AbortSignal;
}

/**
 * Computes stages by the implementations of the worker, in a folder of this machine: no claim, no manifest,
 * nothing in the store. A stage that is asked for again is computed once.
 */
export class LocalStages {
  readonly #settings: LocalStagesSettings;
  readonly #asked = new Map<string, Promise<string>>();

  constructor(settings: LocalStagesSettings) {
    this.#settings = settings;
  }

  /**
   * Answers the folder of the stage's output.
   *
   * @param inputs folders by input name
   * @throws what the implementation of the kind throws
   */
  run<Parameters extends z.ZodType>(
    { kind, version, parameters: schema }: StageDefinition<Parameters>,
    name: string,
    request: z.input<Parameters>,
    inputs: Readonly<Record<string, string>>,
  ): Promise<string> {
    const parameters = schema.parse(request) as Record<string, unknown>;
    const key = canonicalDigest({ kind, version, parameters, inputs });
    const known = this.#asked.get(key);
    if (known !== undefined) return known;
    const output = this.#compute({ key, kind, version, name, parameters }, inputs);
    this.#asked.set(key, output);
    return output;
  }

  async #compute(
    stage: { key: string; kind: string; version: number; name: string; parameters: Record<string, unknown> },
    inputs: Readonly<Record<string, string>>,
  ): Promise<string> {
    const { folder, store, tasks, recipe, signal } = this.#settings;
    const implementation = stageImplementations.get(stage.kind);
    if (implementation === undefined) throw new RangeError(`no implementation of ${stage.kind}`);
    const work = join(folder, stage.key.slice(0, 16));
    const output = join(work, 'output');
    await mkdir(output, { recursive: true });
    await implementation({
      call: {
        ...stage,
        inputs: {},
        execution: stageExecution(recipe),
        fresh: false,
        run: { workflow_id: 'none', run_id: 'none' },
      },
      term: 1,
      inputs,
      output,
      work,
      store,
      tasks,
      devices: null,
      signal,
      report: () => undefined,
      heard: () => undefined,
      durable: () => Promise.resolve(),
    });
    return output;
  }
}
