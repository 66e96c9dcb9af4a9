import { NacreError } from './nacre-error.js';

/** The recipe cannot be obeyed as written: an unknown key, a wrong type, a contradiction. */
export class InvalidRecipe extends NacreError {
  override readonly name = 'InvalidRecipe';
}
