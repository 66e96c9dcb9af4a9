import type { Labels, Recipe } from '@nacre/contracts/recipe';

export type FoldParameters = Recipe['folds'] & { readonly labels: Labels };

export interface FoldPlaces {
  /** Folder of the prepared source with use: train. */
  readonly train: string;
  /** Folders of the prepared sources with use: extra, in the order of the recipe. */
  readonly extra: readonly string[];
  /** Folder that gets folds.parquet and counts.json. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

export function assignFolds(parameters: FoldParameters, places: FoldPlaces): Promise<Record<string, number>> {
  return Promise.reject(new Error(`${String(parameters.count)} ${places.folder}: not there yet`));
}
