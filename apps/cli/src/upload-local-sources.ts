import { stat } from 'node:fs/promises';

import { uploadSource, type ArtifactStore } from '@nacre/artifact-store';
import { InvalidRecipe } from '@nacre/contracts/errors';
import type { Recipe } from '@nacre/contracts/recipe';

const remote = /^(s3|cas):\/\//;

/** Names of the sources that stand in local files. */
export function localSources(recipe: Recipe): { name: string; path: string }[] {
  return Object.entries(recipe.data).flatMap(([name, { path }]) =>
    path === undefined || remote.test(path) ? [] : [{ name, path }],
  );
}

/**
 * Every local source must be a file that can be read: checked before anything is sent.
 *
 * @throws InvalidRecipe naming source and file
 */
export async function assertLocalSources(recipe: Recipe): Promise<void> {
  for (const { name, path } of localSources(recipe)) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true) {
      throw new InvalidRecipe(`data.${name}.path: no file ${path}; correct the path, or remove the source`);
    }
  }
}

/** The recipe with every local file uploaded to the store and named by its sha256. */
export async function uploadLocalSources(recipe: Recipe, store: ArtifactStore): Promise<Recipe> {
  const data = { ...recipe.data };
  for (const { name, path } of localSources(recipe)) {
    const source = data[name];
    if (source !== undefined) data[name] = { ...source, path: await uploadSource(store, path) };
  }
  return { ...recipe, data };
}
