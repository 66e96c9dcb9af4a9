import { NacreError } from './nacre-error.js';

/** A study file, or the results beside it, cannot be obeyed as written. */
export class InvalidStudy extends NacreError {
  override readonly name = 'InvalidStudy';
}
