import { NacreError } from './nacre-error.js';

/** A source file cannot be read as what the recipe says it is. Names file, row and column, never the text. */
export class InvalidData extends NacreError {
  override readonly name = 'InvalidData';
}
