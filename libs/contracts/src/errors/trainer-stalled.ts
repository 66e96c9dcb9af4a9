import { NacreError } from './nacre-error.js';

/** The trainer lived but said nothing for the stall timeout. */
export class TrainerStalled extends NacreError {
  override readonly name = 'TrainerStalled';
}
