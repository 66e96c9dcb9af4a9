import { NacreError } from './nacre-error.js';

/** No Temporal server answers at the address. */
export class TemporalUnreachable extends NacreError {
  override readonly name = 'TemporalUnreachable';
}
