import { NacreError } from './nacre-error.js';

/** The device failed, or computed something else the second time; its worker takes no further work. */
export class DeviceFault extends NacreError {
  override readonly name = 'DeviceFault';
}
