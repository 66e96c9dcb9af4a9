import type { Labels, Source } from '@nacre/contracts/recipe';

/** How the bytes of a source are read: the fields of the recipe's source, and the recipe's labels. */
export interface SourceDescription {
  /** Name of the source in the recipe; prefix of its example ids. */
  readonly name: string;
  readonly format: 'arena_csv' | 'columns';
  readonly file_type: Source['file_type'];
  readonly use: 'train' | 'extra' | 'post_pretrain' | 'test';
  readonly columns?: Source['columns'];
  readonly labels: Labels;
}

export interface SourcePlaces {
  /** The imported bytes. */
  readonly file: string;
  /** Folder that gets comparisons.parquet and counts.json. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

export function prepareSource(description: SourceDescription, places: SourcePlaces): Promise<Record<string, number>> {
  return Promise.reject(new Error(`${description.name} ${places.file}: not there yet`));
}
