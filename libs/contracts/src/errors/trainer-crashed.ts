import { NacreError } from './nacre-error.js';

/** A Python task ended with an unexpected exit code; its last log lines are in the message. */
export class TrainerCrashed extends NacreError {
  override readonly name = 'TrainerCrashed';
}
