import { NacreError } from './nacre-error.js';

/** Predictions do not make a valid submission: ids, order, columns, ranges, sums or count are wrong. */
export class InvalidPrediction extends NacreError {
  override readonly name = 'InvalidPrediction';
}
