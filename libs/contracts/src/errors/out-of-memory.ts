import { NacreError } from './nacre-error.js';

/** The trainer asked for more memory than its device has. */
export class OutOfMemory extends NacreError {
  override readonly name = 'OutOfMemory';
}
