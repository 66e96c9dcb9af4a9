export interface OrderPlaces {
  /** The imported sample_submission.csv. */
  readonly file: string;
  /** Folder of the prepared test source: its ids must be those of the file, each once. */
  readonly test?: string;
  /** Folder that gets order.csv (one column, id). */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

export function prepareOrder(
  order: { readonly name: string },
  places: OrderPlaces,
): Promise<Record<string, number>> {
  return Promise.reject(new Error(`${order.name} ${places.folder}: not there yet`));
}
