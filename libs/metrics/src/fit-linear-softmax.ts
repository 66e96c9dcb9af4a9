import { solveLinear } from './solve-linear.js';

/** A labelled row whose class scores are linear in the parameters: score[k] = sum over j of parameters[j] * features[j][k]. */
export interface FeatureRow {
  readonly features: readonly (readonly number[])[];
  readonly label: number;
}

/** Weight of the squared distance to the start: it keeps a fit finite where a model makes no mistake, and moves no other. */
const PULL = 1e-7;
const STEPS = 100;
/** A Newton step smaller than this in every parameter is the last. */
const SMALL = 1e-7;

/**
 * Parameters with the smallest mean log loss of softmax(scores), by damped Newton steps from `start`. The loss is
 * convex, so the result does not depend on the start save where rows leave a direction open: there it stays.
 */
export function fitLinearSoftmax(rows: readonly FeatureRow[], start: readonly number[]): number[] {
  let parameters = [...start];
  let here = objective(rows, start, parameters);
  for (let step = 0; step < STEPS; step += 1) {
    const move = solveLinear(here.hessian, here.gradient);
    const last = move.every((change) => Math.abs(change) < SMALL);
    const slope = move.reduce((sum, change, index) => sum + change * (here.gradient[index] ?? 0), 0);
    let length = 1;
    let next = moved(parameters, move, length);
    // The error after such a step is the square of its size, which rounding hides: nothing is left to look for.
    if (last) return next;
    let there = objective(rows, start, next);
    while (there.loss > here.loss - 1e-4 * length * slope && length > 1e-6) {
      length /= 2;
      next = moved(parameters, move, length);
      there = objective(rows, start, next);
    }
    if (there.loss >= here.loss) break;
    [parameters, here] = [next, there];
  }
  return parameters;
}

function moved(parameters: readonly number[], move: readonly number[], length: number): number[] {
  return parameters.map((value, index) => value - length * (move[index] ?? 0));
}

/** Mean log loss with the pull to the start, its gradient and its Hessian. Plain loops: rows are many, parameters few. */
function objective(rows: readonly FeatureRow[], start: readonly number[], parameters: readonly number[]) {
  const away = parameters.map((value, index) => value - (start[index] ?? 0));
  const gradient = away.map((value) => 2 * PULL * value);
  const hessian = parameters.map((_, line) =>
    parameters.map((__, column) => (line === column ? 2 * PULL : 0)),
  );
  const share = 1 / rows.length;
  let loss = PULL * away.reduce((sum, value) => sum + value * value, 0);
  for (const { features, label } of rows) {
    const shares = (features[0] ?? []).map((_, k) => scoreOf(features, parameters, k));
    const largest = Math.max(...shares);
    const own = shares[label] ?? 0;
    let total = 0;
    for (let k = 0; k < shares.length; k += 1) {
      total += shares[k] = Math.exp((shares[k] ?? 0) - largest);
    }
    loss += share * (largest + Math.log(total) - own);
    const means = features.map((feature) => product(feature, shares) / total);
    for (const [line, feature] of features.entries()) {
      const mean = means[line] ?? 0;
      gradient[line] = (gradient[line] ?? 0) + share * (mean - (feature[label] ?? 0));
      const values = hessian[line] ?? [];
      for (let column = 0; column <= line; column += 1) {
        const both = product(feature, shares, features[column]) / total;
        values[column] = (values[column] ?? 0) + share * (both - mean * (means[column] ?? 0));
      }
    }
  }
  return {
    loss,
    gradient,
    hessian: hessian.map((values, line) =>
      values.map((value, column) => (column <= line ? value : (hessian[column]?.[line] ?? 0))),
    ),
  };
}

function scoreOf(features: FeatureRow['features'], parameters: readonly number[], k: number): number {
  let sum = 0;
  for (let j = 0; j < parameters.length; j += 1) sum += (parameters[j] ?? 0) * (features[j]?.[k] ?? 0);
  return sum;
}

function product(left: readonly number[], right: readonly number[], third?: readonly number[]): number {
  let sum = 0;
  for (let k = 0; k < left.length; k += 1)
    sum += (left[k] ?? 0) * (right[k] ?? 0) * (third ? (third[k] ?? 0) : 1);
  return sum;
}
