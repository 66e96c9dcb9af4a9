import type { Labels, Recipe } from '@nacre/contracts/recipe';

export interface SubmissionPlaces {
  /** Folder with logits-*.parquet of the test rows. */
  readonly logits: string;
  /** Folder of the prepared test source. */
  readonly comparisons: string;
  /** Folder with order.csv; without it the order is that of the test rows. */
  readonly order?: string;
  /** Folder that gets submission.csv. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

export function writeSubmission(
  submission: { readonly labels: Labels; readonly orders: Recipe['predict']['orders'] },
  places: SubmissionPlaces,
): Promise<Record<string, number>> {
  return Promise.reject(new Error(`${submission.orders} ${places.folder}: not there yet`));
}
