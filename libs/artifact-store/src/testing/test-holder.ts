import { randomUUID } from 'node:crypto';
import type { Holder } from '@nacre/contracts/artifact';

/** A holder of that run with a nonce of its own. */
export function testHolder(run: string): Holder {
  return {
    address: '127.0.0.1:7233',
    namespace: 'default',
    workflow_id: run,
    run_id: `${run}-1`,
    activity_id: '7',
    attempt: 1,
    worker: 'test',
    nonce: randomUUID(),
  };
}
