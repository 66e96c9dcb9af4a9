import { NacreError } from './nacre-error.js';

/** The claim under which this attempt worked has been taken by a later term; its result is dropped. */
export class ClaimLost extends NacreError {
  override readonly name = 'ClaimLost';
}
