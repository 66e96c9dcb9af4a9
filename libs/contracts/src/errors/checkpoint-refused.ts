import { NacreError } from './nacre-error.js';

/** A checkpoint is not one that this stage can go on from; the next older one may be. */
export class CheckpointRefused extends NacreError {
  override readonly name = 'CheckpointRefused';
}
