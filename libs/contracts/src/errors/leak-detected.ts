import { NacreError } from './nacre-error.js';

/** The same pair of answers to the same prompt stands on both sides of a split that must be honest. */
export class LeakDetected extends NacreError {
  override readonly name = 'LeakDetected';
}
