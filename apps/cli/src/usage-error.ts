import { NacreError } from '@nacre/contracts/errors';

/** A command was called in a way that cannot mean anything. */
export class UsageError extends NacreError {
  override readonly name = 'UsageError';
}
