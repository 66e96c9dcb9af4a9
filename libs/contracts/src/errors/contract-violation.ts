import { NacreError } from './nacre-error.js';

/** Two parts of Nacre disagree about a document: a programming error or a version mix, not a user error. */
export class ContractViolation extends NacreError {
  override readonly name = 'ContractViolation';
}
