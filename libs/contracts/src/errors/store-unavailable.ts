import { NacreError } from './nacre-error.js';

/** The artifact store cannot be reached or refuses; nothing half-written is visible. */
export class StoreUnavailable extends NacreError {
  override readonly name = 'StoreUnavailable';
}
