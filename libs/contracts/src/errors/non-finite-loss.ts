import { NacreError } from './nacre-error.js';

/** A loss, gradient or logit was NaN or infinite. Deterministic, so not retried. */
export class NonFiniteLoss extends NacreError {
  override readonly name = 'NonFiniteLoss';
}
