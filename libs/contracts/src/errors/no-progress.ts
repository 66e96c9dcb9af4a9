import { NacreError } from './nacre-error.js';

/** Three attempts in a row ended without a new durable checkpoint. */
export class NoProgress extends NacreError {
  override readonly name = 'NoProgress';
}
