import { NacreError } from './nacre-error.js';

/** The stage cannot run on this machine whatever is retried: too little disk or memory for its smallest form. */
export class DoesNotFit extends NacreError {
  override readonly name = 'DoesNotFit';
}
