import { NacreError } from './nacre-error.js';

/** A Python task was asked to stop and stopped at a step boundary (exit code 75). */
export class TrainerStopped extends NacreError {
  override readonly name = 'TrainerStopped';
}
