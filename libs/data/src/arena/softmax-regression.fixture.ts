const STEPS = 120;
const STEP_SIZE = 0.3;
const MOMENTUM = 0.9;

/** The features of a row that are not 0. */
interface SparseRow {
  readonly columns: readonly number[];
  readonly values: readonly number[];
}

/**
 * Multinomial logistic regression for the tests of the generator: features scaled to mean square 1, an intercept,
 * gradient descent with momentum on the cross-entropy against whole distributions.
 */
export class SoftmaxRegression {
  readonly #scale: number[];
  readonly #weights: Float64Array[];

  constructor(features: readonly (readonly number[])[], targets: readonly (readonly number[])[]) {
    const width = features[0]?.length ?? 0;
    this.#scale = Array.from({ length: width }, (_, column) => {
      const squares = features.reduce((sum, row) => sum + (row[column] ?? 0) ** 2, 0);
      return Math.sqrt(squares / features.length) || 1;
    });
    const empty = () => (targets[0] ?? []).map(() => new Float64Array(width + 1));
    this.#weights = empty();
    const velocities = empty();
    const inputs = features.map((row) => this.#input(row));
    for (let step = 0; step < STEPS; step += 1) {
      for (const velocity of velocities)
        for (let at = 0; at <= width; at += 1) velocity[at] = MOMENTUM * valueAt(velocity, at);
      for (const [row, input] of inputs.entries()) {
        const predicted = this.#distribution(input);
        for (let label = 0; label < predicted.length; label += 1) {
          const error = valueAt(predicted, label) - valueAt(targets[row] ?? [], label);
          const velocity = velocities[label] ?? new Float64Array();
          const change = (STEP_SIZE * error) / inputs.length;
          for (let entry = 0; entry < input.columns.length; entry += 1) {
            const at = valueAt(input.columns, entry);
            velocity[at] = valueAt(velocity, at) - change * valueAt(input.values, entry);
          }
        }
      }
      for (const [label, weights] of this.#weights.entries()) {
        for (let at = 0; at <= width; at += 1)
          weights[at] = valueAt(weights, at) + valueAt(velocities[label] ?? [], at);
      }
    }
  }

  /** Probabilities of the classes for one row of features. */
  predict(features: readonly number[]): number[] {
    return this.#distribution(this.#input(features));
  }

  #input(features: readonly number[]): SparseRow {
    const scaled = [...features.map((value, at) => value / valueAt(this.#scale, at)), 1];
    const columns = [...scaled.keys()].filter((column) => scaled[column] !== 0);
    return { columns, values: columns.map((column) => valueAt(scaled, column)) };
  }

  #distribution(input: SparseRow): number[] {
    const exponentials = this.#weights.map((weights) => {
      let score = 0;
      for (let entry = 0; entry < input.columns.length; entry += 1) {
        score += valueAt(input.values, entry) * valueAt(weights, valueAt(input.columns, entry));
      }
      return Math.exp(score);
    });
    const sum = exponentials.reduce((total, value) => total + value, 0);
    return exponentials.map((value) => value / sum);
  }
}

function valueAt(values: ArrayLike<number>, index: number): number {
  return values[index] ?? 0;
}
