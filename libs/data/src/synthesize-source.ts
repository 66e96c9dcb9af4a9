import type { Labels } from '@nacre/contracts/recipe';

export interface SyntheticSource {
  readonly rows: number;
  readonly seed: number;
  readonly votes: 'drawn' | 'shuffled';
  readonly labels: Labels;
  readonly use: 'train' | 'extra' | 'post_pretrain' | 'test';
}

/** Writes `source` (competition CSV) and truth.parquet into the folder. */
export function synthesizeSource(
  source: SyntheticSource,
  places: { readonly folder: string; readonly signal?: AbortSignal },
): Promise<Record<string, number>> {
  return Promise.reject(new Error(`${String(source.seed)} ${places.folder}: not there yet`));
}
