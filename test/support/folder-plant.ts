import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { stageImplementations, type StageContext, type TaskRunner } from '@nacre/activities';
import type { ArtifactStore } from '@nacre/artifact-store';
import { contentId, type ArtifactReference, type FileEntry } from '@nacre/contracts/artifact';
import type { Recipe } from '@nacre/contracts/recipe';
import type { SourceDescription } from '@nacre/contracts/run';
import { SOURCE_FILE } from '@nacre/contracts/tables';
import {
  distillation,
  stageKey,
  type StageDefinition,
  type StageRequest,
  type StageRunner,
  stageExecution,
} from '@nacre/stages';
import type { z } from 'zod';

/** A stage as it was computed: what it made, and where the files lie. */
export interface Computed {
  readonly artifact: ArtifactReference;
  readonly folder: string;
}

/** What a run of the recipe over folders found. */
export interface FolderRun {
  /** Content id by stage name, of every stage that was computed or found. */
  readonly contents: ReadonlyMap<string, string>;
  /** Folder of the files of each of them. */
  readonly folders: ReadonlyMap<string, string>;
  /** Stages that were not there and read nothing else that was not there. */
  readonly first: readonly string[];
}

/** Where a plant works, and with what. */
export interface FolderPlantOptions {
  /** Gets a folder per stage. */
  readonly folder: string;
  /** Folder with the files that s3://… names. */
  readonly sources: string;
  readonly tasks: TaskRunner;
  /** For the checkpoints of trainings alone: artifacts stay in folders. */
  readonly store: ArtifactStore;
}

/**
 * Computes stages in this process, one after the other, into folders by stage key: the implementations
 * of the product without Temporal. Sources named s3://… are files of a folder.
 */
export class FolderPlant {
  readonly #folder: string;
  readonly #sources: string;
  readonly #tasks: TaskRunner;
  readonly #store: ArtifactStore;
  readonly #made = new Map<string, Computed>();

  constructor({ folder, sources, tasks, store }: FolderPlantOptions) {
    this.#folder = folder;
    this.#sources = sources;
    this.#tasks = tasks;
    this.#store = store;
  }

  /** Runs the recipe; with `onlyFirst` nothing is computed that reads what was not there before. */
  async run(recipe: Recipe, onlyFirst: boolean): Promise<FolderRun> {
    const contents = new Map<string, string>();
    const folders = new Map<string, string>();
    const first: string[] = [];
    let queue: Promise<unknown> = Promise.resolve();
    const known = new Set(this.#made.keys());
    const runner: StageRunner = {
      describeSource: (uri) => this.#describe(uri),
      run: (definition, request) => {
        const artifact = (async () => {
          const inputs: Record<string, ArtifactReference> = {};
          for (const [name, handle] of Object.entries({ ...request.inputs, ...request.optionalInputs })) {
            inputs[name] = await handle.artifact;
          }
          for (const handle of request.after ?? []) if (!onlyFirst) await handle.artifact;
          const key = keyOf(definition, request, inputs);
          if (!known.has(key)) {
            first.push(request.name);
            // One after the other: two cores, and a log that can be read.
            queue = queue.then(() => this.#compute(key, definition, request, inputs, recipe));
            await queue;
          }
          const made = this.#made.get(key);
          if (made === undefined) throw new Error(`${request.name} was not computed`);
          contents.set(request.name, made.artifact.content_id);
          folders.set(request.name, made.folder);
          if (onlyFirst && !known.has(key)) throw new NotNeeded();
          return made.artifact;
        })();
        artifact.catch(() => undefined);
        asked.push(artifact);
        return { name: request.name, artifact };
      },
    };
    const asked: Promise<ArtifactReference>[] = [];
    await distillation(recipe, runner);
    for (const outcome of await Promise.allSettled(asked)) {
      if (outcome.status === 'rejected' && !(outcome.reason instanceof NotNeeded)) throw outcome.reason;
    }
    return { contents, folders, first };
  }

  async #compute<Parameters extends z.ZodType>(
    key: string,
    definition: StageDefinition<Parameters>,
    request: StageRequest<z.input<Parameters>>,
    inputs: Readonly<Record<string, ArtifactReference>>,
    recipe: Recipe,
  ): Promise<void> {
    const work = join(this.#folder, key.slice(0, 16));
    const output = join(work, 'output');
    await mkdir(output, { recursive: true });
    const context: StageContext = {
      call: {
        key,
        kind: definition.kind,
        version: definition.version,
        name: request.name,
        parameters: definition.parameters.parse(request.parameters) as Record<string, unknown>,
        inputs,
        execution: stageExecution(recipe, request.gpus),
        fresh: false,
        run: { workflow_id: 'folders', run_id: 'folders' },
      },
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, { content_id }]) => [name, this.#folderOf(content_id)]),
      ),
      output,
      work,
      store: this.#store,
      tasks: this.#tasks,
      signal: new AbortController().signal,
      report: () => undefined,
      term: 1,
      devices: null,
      heard: () => undefined,
      durable: () => Promise.resolve(),
    };
    if (definition.kind === 'import_source') {
      await copyFile(this.#fileOf(String(context.call.parameters['uri'])), join(output, SOURCE_FILE));
    } else {
      await stageImplementations.get(definition.kind)?.(context);
    }
    const content_id = contentId(definition.kind, await filesOf(output));
    this.#made.set(key, {
      artifact: { kind: definition.kind, manifest_id: key, content_id, metrics: {} },
      folder: output,
    });
  }

  #folderOf(content: string): string {
    for (const { artifact, folder } of this.#made.values())
      if (artifact.content_id === content) return folder;
    throw new Error(`no folder with content ${content}`);
  }

  #fileOf(uri: string): string {
    return join(this.#sources, uri.replace(/^s3:\/\/[^/]+\//, ''));
  }

  async #describe(uri: string): Promise<SourceDescription> {
    const bytes = await readFile(this.#fileOf(uri));
    return {
      uri,
      etag: createHash('sha256').update(bytes).digest('hex'),
      size: bytes.length,
      version_id: null,
    };
  }
}

/** Ends the branches below a first stage. */
class NotNeeded extends Error {
  override readonly name = 'NotNeeded';
}

function keyOf<Parameters extends z.ZodType>(
  { kind, version, parameters }: StageDefinition<Parameters>,
  request: StageRequest<z.input<Parameters>>,
  inputs: Readonly<Record<string, ArtifactReference>>,
): string {
  const contents = Object.fromEntries(
    Object.entries(inputs).map(([name, { content_id }]) => [name, content_id]),
  );
  return stageKey({ kind, version, parameters: parameters.parse(request.parameters), inputs: contents });
}

async function filesOf(folder: string): Promise<FileEntry[]> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  return Promise.all(
    entries.map(async (entry) => {
      const file = join(entry.parentPath, entry.name);
      const bytes = await readFile(file);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return {
        path: relative(folder, file),
        sha256,
        size: bytes.length,
        leaves: [sha256],
        media_type: 'application/octet-stream',
      };
    }),
  );
}
