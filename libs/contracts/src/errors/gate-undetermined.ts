import { NacreError } from './nacre-error.js';

/** The rows of a gate are too few, or too alike to its limit, to say whether it passes. */
export class GateUndetermined extends NacreError {
  override readonly name = 'GateUndetermined';
}
