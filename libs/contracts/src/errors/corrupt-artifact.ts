import { NacreError } from './nacre-error.js';

/** Bytes read from the store do not have the digest their manifest promises. */
export class CorruptArtifact extends NacreError {
  override readonly name = 'CorruptArtifact';
}
