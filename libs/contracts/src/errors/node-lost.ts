import { NacreError } from './nacre-error.js';

/** The process that ran the stage vanished without a word. */
export class NodeLost extends NacreError {
  override readonly name = 'NodeLost';
}
