import { NacreError } from './nacre-error.js';

/** A gate of the recipe measured more than its limit, with certainty. */
export class GateFailed extends NacreError {
  override readonly name = 'GateFailed';
}
