import { NacreError } from './nacre-error.js';

/** Another live run holds the claim on the stage; ask again later and adopt its result. */
export class StageHeld extends NacreError {
  override readonly name = 'StageHeld';
}
