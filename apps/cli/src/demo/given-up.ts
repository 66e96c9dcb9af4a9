import { NacreError } from '@nacre/contracts/errors';

/** A part of the demo died more often than it is started again. */
export class GivenUp extends NacreError {
  override readonly name = 'GivenUp';

  constructor(what: string) {
    super(`${what} died too often to be started again; see the logs in .nacre`);
  }
}
