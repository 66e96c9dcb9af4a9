import type { Labels } from '@nacre/contracts/recipe';

export interface SyntheticLatents {
  readonly rows: number;
  readonly seed: number;
  readonly labels: Labels;
}

/** Writes latents.parquet into the folder. */
export function synthesizeLatents(
  latents: SyntheticLatents,
  places: { readonly folder: string; readonly signal?: AbortSignal },
): Promise<Record<string, number>> {
  return Promise.reject(new Error(`${String(latents.seed)} ${places.folder}: not there yet`));
}
