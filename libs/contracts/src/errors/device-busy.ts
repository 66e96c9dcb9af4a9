import { NacreError } from './nacre-error.js';

/** Something else uses the device that this stage was given. */
export class DeviceBusy extends NacreError {
  override readonly name = 'DeviceBusy';
}
