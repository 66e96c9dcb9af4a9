import { randomUUID } from 'node:crypto';

import type { StageCall } from '@nacre/contracts/run';

/** A call of a GPU stage with a key of its own, whose task does what its name says: played-interpreter.ts. */
export function playedCall(name: string): StageCall {
  return {
    key: `${randomUUID()}${randomUUID()}`.replaceAll('-', ''),
    kind: 'quantize',
    version: 1,
    name,
    parameters: {
      labels: ['model_a', 'model_b', 'tie'],
      method: 'gptq',
      group_size: 32,
      calibration_rows: 1,
      damping: 0.1,
      seed: 1,
    },
    inputs: {},
    execution: {
      device: 'cpu',
      threads: 1,
      micro_batch_tokens: 512,
      stall_timeout: '15m',
      heartbeat_timeout: '90s',
      gpus: 1,
      rung: 0,
      checkpoint_every: '10m',
      checkpoints_kept: 2,
    },
    fresh: false,
    run: { workflow_id: `run-${randomUUID()}`, run_id: randomUUID() },
  };
}
