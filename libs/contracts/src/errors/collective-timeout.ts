import { NacreError } from './nacre-error.js';

/** A rank waited in vain for the others. */
export class CollectiveTimeout extends NacreError {
  override readonly name = 'CollectiveTimeout';
}
