import { CONTROL_QUEUE, workerCommand } from '@nacre/contracts/queues';
import { NacreError } from '@nacre/contracts/errors';

/** A command needs an answer of the run itself, and no worker is there to give it. */
export class WorkerUnreachable extends NacreError {
  override readonly name = 'WorkerUnreachable';

  constructor(what: string) {
    super(`${what}: no worker polls ${CONTROL_QUEUE}; start one with \`${workerCommand(CONTROL_QUEUE)}\``);
  }
}
