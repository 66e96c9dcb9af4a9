import { NacreError } from '@nacre/contracts/errors';

/** A run of a drill did not do what an undisturbed one does. */
export class DrillFailure extends NacreError {
  override readonly name: string = 'DrillFailure';
}
