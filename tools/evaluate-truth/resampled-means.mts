import { mixedBits, quantile } from '@nacre/metrics';

/** A figure and its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly interval: readonly [number, number];
}

/** Reads the mean of a column by its name. */
export type MeanOf = (column: string) => number;

/**
 * Means of columns over the same rows, and over the same rows drawn again with replacement. Figures made of
 * several columns (differences, shares of a gap) are thereby paired: every column sees the same draws. Rows of
 * the synthetic arena are independent, so rows are what is drawn.
 */
export class ResampledMeans {
  /** Means by column: of the rows themselves first, then of each resample. */
  readonly #means: ReadonlyMap<string, Float64Array>;
  readonly #resamples: number;

  /**
   * @param columns one value per row each, all of the same length, at least one row
   * @param seed the same seed draws the same rows
   */
  constructor(
    columns: ReadonlyMap<string, Float64Array>,
    { resamples, seed }: { readonly resamples: number; readonly seed: number },
  ) {
    const rows = columns.values().next().value?.length ?? 0;
    if (rows === 0 || [...columns.values()].some(({ length }) => length !== rows)) {
      throw new RangeError('columns need the same number of rows, and at least one');
    }
    this.#resamples = resamples;
    const means = new Map([...columns.keys()].map((name) => [name, new Float64Array(resamples + 1)]));
    const random = uniform(seed);
    for (let draw = 0; draw <= resamples; draw += 1) {
      const times = new Uint32Array(rows);
      // Draw 0 is the rows themselves.
      for (let row = 0; row < rows; row += 1) {
        const chosen = draw === 0 ? row : Math.floor(random() * rows);
        times[chosen] = (times[chosen] ?? 0) + 1;
      }
      for (const [name, values] of columns) {
        let sum = 0;
        for (let row = 0; row < rows; row += 1) sum += (times[row] ?? 0) * (values[row] ?? Number.NaN);
        means.get(name)?.fill(sum / rows, draw, draw + 1);
      }
    }
    this.#means = means;
  }

  /** A figure of the columns' means, with its percentile interval. @throws RangeError for an unknown column */
  estimate(figure: (mean: MeanOf) => number): Estimate {
    const [value = Number.NaN, ...drawn] = Array.from({ length: this.#resamples + 1 }, (_, draw) =>
      figure((column) => {
        const mean = this.#means.get(column)?.[draw];
        if (mean === undefined) throw new RangeError(`no column ${column}`);
        return mean;
      }),
    );
    const sorted = Float64Array.from(drawn).sort();
    return { value, interval: [quantile(sorted, 0.025), quantile(sorted, 0.975)] };
  }
}

/** Numbers from 0 to below 1: Weyl sequence of the seed through lowbias32, good enough for draws with replacement. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mixedBits(state) / 0x1_0000_0000;
  };
}
